// Reports: an input is a page, or the JSON in one. What is read can be written; what can be rendered can be
// checked; and only a page that is exactly as rendered passes.
#include "ledger/report/check.h"
#include "ledger/report/data.h"
#include "ledger/report/page.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/use.h"
#include "tests/support/fake_ledger.h"

namespace envledger {
namespace {

const TrustPolicy& ThePolicy() {
  static const TrustPolicy policy = TrustKey(FakeLedger::key());
  return policy;
}

void CheckPage(std::string_view page) {
  const Result<ReportCheck> check = CheckReport(page, ThePolicy());
  if (!check.ok()) return;
  const auto stories = fuzz::RequireOk(StoriesOf(check->data), "a report that passes has stories");
  fuzz::Require(fuzz::RequireOk(ReportPage(check->data, stories), "and a page") == page, "it is the page that passed");
}

void CheckData(std::string_view json) {
  const Result<ReportData> data = ReadReportData(json);
  if (!data.ok()) {
    fuzz::Require(data.status().code() == Code::kInvalidArgument, "a refusal says what is wrong");
    return;
  }
  std::string again;
  AddReportDataJson(*data, again);
  const ReportData back = fuzz::RequireOk(ReadReportData(again), "a report's values can be written");
  std::string same;
  AddReportDataJson(back, same);
  fuzz::Require(same == again, "they are the same values");
  const auto stories = StoriesOf(*data);
  if (!stories.ok()) return;
  for (const Story& story : *stories) {
    std::vector<std::string> entries;
    for (const Record& record : story.records) entries.push_back(data->entries.at(record.seq));
    fuzz::UseEnvelope(story.records, entries);
  }
  const Result<std::string> page = ReportPage(*data, *stories);
  if (page.ok()) CheckPage(*page);
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = envledger::fuzz::View(data, size);
  envledger::CheckPage(text);
  envledger::CheckData(text);
  return 0;
}
