#include "ledger/evidence/pages.h"

#include <algorithm>
#include <limits>

namespace envledger {
namespace {

// The pages of one kind of answer. `take` visits a page's rows and says how many they were.
template <typename Request, typename Fetch, typename Take>
Result<Coverage> ForEachPage(Request request, uint64_t limit, Coverage coverage, const Fetch& fetch, const Take& take) {
  uint64_t left = limit == 0 ? std::numeric_limits<uint64_t>::max() : limit;
  while (true) {
    request.limit = limit == 0 ? 0 : static_cast<uint32_t>(std::min<uint64_t>(left, 1u << 20));
    auto page = fetch(request);
    if (!page.ok()) return std::move(page).status();
    coverage.AddPage(page->completeness);
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t rows, take(*page, coverage));
    left -= std::min(left, rows);
    const std::string& next = page->completeness.next_cursor;
    if (next.empty() || left == 0) return coverage;
    if (next == request.cursor) return Internal("the ledger answers with the same cursor again and again");
    request.cursor = next;
  }
}

}  // namespace

Result<Coverage> ForEachAnswer(LedgerReader& reader, QueryRequest request, uint64_t limit,
                               const std::function<Status(Story, const EnvelopeRecords&)>& visit) {
  const auto fetch = [&reader](const QueryRequest& page) { return reader.Query(page); };
  const auto take = [&visit, at = request.at](const QueryResponse& page, Coverage& coverage) -> Result<uint64_t> {
    for (const EnvelopeRecords& records : page.envelopes) {
      auto story = ReadStory(records, at);
      if (story.status().code() == Code::kCorruption) {
        coverage.AddProblem(story.status().message());
        continue;
      }
      ENVLEDGER_RETURN_IF_ERROR(story.status());
      coverage.AddStory(*story);
      ENVLEDGER_RETURN_IF_ERROR(visit(*std::move(story), records));
    }
    return uint64_t{page.envelopes.size()};
  };
  Coverage coverage;
  coverage.Asked(request.at, request.scan);
  return ForEachPage(std::move(request), limit, std::move(coverage), fetch, take);
}

Result<Coverage> ForEachEnvelope(LedgerReader& reader, QueryRequest request, uint64_t limit,
                                 const std::function<void(Story)>& visit,
                                 const std::function<void(const EnvelopeRecords&)>& witness) {
  return ForEachAnswer(reader, std::move(request), limit, [&](Story story, const EnvelopeRecords& answer) {
    if (witness) witness(answer);
    visit(std::move(story));
    return Ok();
  });
}

Result<Coverage> ForEachPrincipal(LedgerReader& reader, PrincipalsRequest request, uint64_t limit,
                                  const std::function<void(PrincipalSummary)>& visit) {
  const auto fetch = [&reader](const PrincipalsRequest& page) { return reader.Principals(page); };
  const auto take = [&visit](const PrincipalsResponse& page, Coverage&) -> Result<uint64_t> {
    for (const PrincipalSummary& summary : page.principals) visit(summary);
    return uint64_t{page.principals.size()};
  };
  return ForEachPage(std::move(request), limit, Coverage(), fetch, take);
}

}  // namespace envledger
