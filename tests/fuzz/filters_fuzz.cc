// Filters in words, a line "name=value" each: those that are read make a request that can be sent, and a sentence.
#include "ledger/protocol/filters.h"
#include "ledger/protocol/match.h"
#include "ledger/report/filters.h"
#include "ledger/text/safe_text.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  fuzz::Pieces pieces(fuzz::View(data, size));
  std::vector<KeyValue> filters;
  while (!pieces.empty()) {
    const std::string_view line = pieces.Line();
    const size_t equals = line.find('=');
    filters.push_back({std::string(line.substr(0, equals)),
                       equals == std::string_view::npos ? "" : std::string(line.substr(equals + 1))});
  }
  (void)FiltersText(filters);
  (void)ReadReportFilters(filters).ok();
  const Result<QueryPlan> plan = ReadFilters(filters);
  if (!plan.ok()) {
    fuzz::Require(plan.status().code() == Code::kInvalidArgument, "a refusal is the author's fault");
    return 0;
  }
  PlaceRuleOf(plan->request);
  (void)DecodeRequest(EncodeRequest({1, plan->request}));
  if (!plan->principal.has_value()) return 0;
  for (const PrincipalFilter& reading : plan->principal->Readings()) {
    fuzz::Require(!reading.id.empty(), "a reading of a principal has an id");
  }
  return 0;
}
