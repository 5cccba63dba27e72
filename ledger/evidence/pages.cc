#include "ledger/evidence/pages.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace envledger {
namespace {

// Fetches all pages of one kind of answer. `take` visits the rows of a page and returns their number.
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
    if (next == request.cursor) return Internal("the ledger returned the same cursor twice");
    request.cursor = next;
  }
}

}  // namespace

Result<Coverage> ForEachEnvelope(LedgerReader& reader, QueryRequest request, uint64_t limit,
                                 const std::function<Status(EnvelopeStory& story)>& visit) {
  const auto fetch = [&reader](const QueryRequest& page) { return reader.Query(page); };
  const auto take = [&](QueryResponse& page, Coverage& coverage) -> Result<uint64_t> {
    for (EnvelopeRecords& records : page.envelopes) {
      EnvelopePages pages(reader, std::move(records), page.completeness.tree_size);
      auto story = EnvelopeStory::Read(std::move(pages), request.at);
      if (story.status().code() == Code::kCorruption) {
        coverage.AddProblem(story.status().message());
        continue;
      }
      ENVLEDGER_RETURN_IF_ERROR(story.status());
      coverage.AddStory(story->envelope().first_seq, story->envelope().last_seq, story->problem());
      ENVLEDGER_RETURN_IF_ERROR(visit(*story));
    }
    return uint64_t{page.envelopes.size()};
  };
  request.in_parts = true;
  Coverage coverage;
  coverage.Asked(request.at, request.scan);
  return ForEachPage(request, limit, std::move(coverage), fetch, take);
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
