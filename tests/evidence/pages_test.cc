#include "ledger/evidence/pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Answers with the envelopes or principals that it was given, at most `most` in a page; a cursor is a number.
class Paged : public MemoryLedger {
 public:
  Paged() : MemoryLedger(21) {}  // env-0 to env-4 have four records each

  size_t most = 2;
  bool stuck = false;  // gives the same cursor again and again
  std::vector<std::string> ids = {"env-0", "env-1", "env-2", "env-3", "env-4"};
  std::vector<uint32_t> limits;  // that were asked for

  Result<QueryResponse> Query(const QueryRequest& request) override {
    EXPECT_TRUE(request.in_parts);
    limits.push_back(request.limit);
    QueryResponse response;
    const size_t from = request.cursor.empty() ? 0 : std::stoul(request.cursor);
    const size_t end = End(from, request.limit);
    for (size_t i = from; i < end; ++i) {
      auto envelope = FindEnvelope({ids[i]});
      ENVLEDGER_RETURN_IF_ERROR(envelope.status());
      response.envelopes.push_back(std::move(envelope->envelope));
    }
    response.completeness = StateAt(end, ids.size());
    return response;
  }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) override {
    PrincipalsResponse response;
    const size_t from = request.cursor.empty() ? 0 : std::stoul(request.cursor);
    const size_t end = End(from, request.limit);
    for (size_t i = from; i < end; ++i) response.principals.emplace_back().links = i;
    response.completeness = StateAt(end, ids.size());
    return response;
  }

 private:
  size_t End(size_t from, uint32_t limit) const {
    const size_t page = limit == 0 ? most : std::min<size_t>(most, limit);
    return std::min(from + page, ids.size());
  }
  Completeness StateAt(size_t end, size_t all) const {
    Completeness state;
    state.tree_size = entries.size();
    state.complete = true;
    if (stuck) {
      state.next_cursor = "0";
    } else if (end < all) {
      state.next_cursor = std::to_string(end);
    }
    return state;
  }
};

struct Visited {
  std::vector<std::string> ids;
  Result<Coverage> coverage;
};

Visited Visit(Paged& ledger, uint64_t limit, const Status& of_visit = Ok()) {
  std::vector<std::string> ids;
  auto coverage = ForEachEnvelope(ledger, {}, limit, [&](EnvelopeStory& story) {
    ids.push_back(story.envelope().envelope_id);
    return of_visit;
  });
  return {std::move(ids), std::move(coverage)};
}

TEST(Pages, AreReadToTheEndWhateverTheirSize) {
  for (const size_t most : {1u, 2u, 5u, 6u}) {
    Paged ledger;
    ledger.most = most;
    const Visited all = Visit(ledger, 0);
    ASSERT_TRUE(all.coverage.ok()) << all.coverage.status().ToString();
    EXPECT_THAT(all.ids, ElementsAre("env-0", "env-1", "env-2", "env-3", "env-4"));
    EXPECT_TRUE(all.coverage->complete());
    EXPECT_EQ(all.coverage->next_cursor(), "");
    EXPECT_THAT(ledger.limits, testing::Each(0u)) << "the ledger decides how much a page holds";
  }
}

TEST(Pages, EndAtTheLimitWithTheCursorToGoOnFrom) {
  Paged ledger;
  const Visited some = Visit(ledger, 3);
  ASSERT_TRUE(some.coverage.ok());
  EXPECT_THAT(some.ids, ElementsAre("env-0", "env-1", "env-2"));
  EXPECT_EQ(some.coverage->next_cursor(), "3");
  EXPECT_THAT(ledger.limits, ElementsAre(3, 1)) << "no more is asked for than is left";
}

TEST(Pages, ALedgerThatGivesTheSameCursorAgainIsNotAskedForEver) {
  Paged ledger;
  ledger.stuck = true;
  const Visited visited = Visit(ledger, 0);
  EXPECT_EQ(visited.coverage.status().code(), Code::kInternal);
  EXPECT_THAT(visited.coverage.status().message(), HasSubstr("the same cursor twice"));
}

TEST(Pages, AnEnvelopeThatCannotBeReadIsAProblemAndTheOthersAreVisited) {
  Paged ledger;
  ledger.entries.erase(ledger.entries.begin() + 5);  // the first record of env-1
  const Visited visited = Visit(ledger, 0);
  ASSERT_TRUE(visited.coverage.ok()) << visited.coverage.status().ToString();
  EXPECT_THAT(visited.ids, ElementsAre("env-0", "env-2", "env-3", "env-4"));
  EXPECT_FALSE(visited.coverage->complete());
  EXPECT_THAT(visited.coverage->problem(), HasSubstr("env-1"));
}

TEST(Pages, AnErrorOfTheVisitEndsTheWalk) {
  Paged ledger;
  const Visited visited = Visit(ledger, 0, Unavailable("the disk is full"));
  EXPECT_THAT(visited.ids, ElementsAre("env-0"));
  EXPECT_EQ(visited.coverage.status().code(), Code::kUnavailable);
}

TEST(Pages, OfPrincipalsAreReadInTheSameWay) {
  Paged ledger;
  std::vector<uint64_t> links;
  const auto visit = [&](const PrincipalSummary& summary) { links.push_back(summary.links); };
  ASSERT_TRUE(ForEachPrincipal(ledger, {}, 0, visit).ok());
  EXPECT_THAT(links, ElementsAre(0, 1, 2, 3, 4));
  links.clear();
  const auto cut = ForEachPrincipal(ledger, {}, 4, visit);
  EXPECT_THAT(links, ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(cut->next_cursor(), "4");
  ledger.ids.clear();
  links.clear();
  ASSERT_TRUE(ForEachPrincipal(ledger, {}, 0, visit).ok());
  EXPECT_THAT(links, IsEmpty());
}

}  // namespace
}  // namespace envledger
