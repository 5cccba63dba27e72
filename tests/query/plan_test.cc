// Which lists answer a query: the answer does not depend on that, the work does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "ledger/query/candidates.h"
#include "tests/query/pages.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/manual_clock.h"
#include "tests/support/random_traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The candidates' seqs, in the order in which they come.
std::vector<uint64_t> Planned(const LedgerView& view, const QueryRequest& query, std::optional<uint64_t> after,
                              size_t short_list) {
  AnswerLimits limits;
  limits.short_list = short_list;
  const Matcher matcher(query);
  Effort effort(limits.max_work);
  const auto candidates = PlanCandidates(view, query, matcher, after, limits, effort);
  EXPECT_TRUE(candidates.ok()) << candidates.status().ToString();
  std::vector<uint64_t> seqs;
  while (candidates.ok()) {
    const auto next = (*candidates)->Next();
    EXPECT_TRUE(next.ok()) << next.status().ToString();
    if (!next.ok() || !*next) break;
    if (!(*next)->none) seqs.push_back((*next)->seq);
  }
  return seqs;
}

TEST(Plan, ListsThatAreWalkedAndListsThatAreReadAtOnceGiveTheSamePlaces) {
  TestLedger ledger;
  ledger.Open();
  std::vector<uint64_t> both;  // the records of this tenant and target
  for (int i = 0; i < 40; ++i) {
    Transition t = Opening("e" + std::to_string(i));
    t.identity->tenant = i % 2 == 0 ? "even" : "odd";
    t.execution->targets = {{"model", i % 5 == 0 ? "fifth" : "other", "", ""}};
    const uint64_t seq = ledger.MustAppend({Encoded(t)}).at(0).seq;
    if (i % 10 == 0) both.push_back(seq);
  }
  const auto view = ledger.ledger().CurrentView();
  QueryRequest query;
  query.tenant = "even";
  query.target = "fifth";
  for (const size_t short_list : {0u, 10u, 256u}) {
    query.descending = false;
    EXPECT_EQ(Planned(*view, query, std::nullopt, short_list), both) << short_list;
    EXPECT_THAT(Planned(*view, query, both[1], short_list), ElementsAre(both[2], both[3])) << short_list;
    EXPECT_THAT(Planned(*view, query, both[3], short_list), IsEmpty()) << short_list;
    query.descending = true;
    EXPECT_THAT(Planned(*view, query, std::nullopt, short_list), ElementsAre(both[3], both[2], both[1], both[0]));
    EXPECT_THAT(Planned(*view, query, both[2], short_list), ElementsAre(both[1], both[0])) << short_list;
  }
}

TEST(Plan, ALaterRecordOnAShortListLeadsToThePlaceOfItsEnvelope) {
  TestLedger ledger;
  ledger.Open();
  Transition opening = Opening("e");
  opening.identity->tenant = "tenant";
  const uint64_t opened = ledger.MustAppend({Encoded(opening)}).at(0).seq;
  ledger.MustAppend({Encoded(Later(Stage::kAdmitted, "e"))});
  ASSERT_TRUE(StatusOf(ledger.Append({Encoded(Grant("e"))}, {}, "scheduler")).ok());
  const auto view = ledger.ledger().CurrentView();
  QueryRequest query;
  query.tenant = "tenant";
  EXPECT_THAT(Planned(*view, query, std::nullopt, 256), ElementsAre(opened));
  query.recorder = "scheduler";
  EXPECT_THAT(Planned(*view, query, std::nullopt, 256), ElementsAre(opened)) << "a tenant is that of the request";
  query.recorder = "nobody";
  EXPECT_THAT(Planned(*view, query, std::nullopt, 256), IsEmpty());
  query = {};
  query.recorder = "scheduler";
  EXPECT_THAT(Planned(*view, query, std::nullopt, 256), ElementsAre(opened + 2));
}

TEST(Plan, ARangeOfTimeIsFoundWhereverItBegins) {
  TestLedger ledger;
  ledger.Open();
  // From seconds to years apart, out of order, so that every length of span is used.
  RandomTraffic random(3);
  std::vector<Nanos> times;
  for (int i = 0; i < 200; ++i) {
    const Nanos unit[] = {kSecond, 60 * kSecond, 3600 * kSecond, 86400 * kSecond};
    Transition t = Opening("e" + std::to_string(i));
    t.occurred_at = kTestStart + static_cast<Nanos>(random.Below(1000)) * unit[random.Below(4)] - 500 * kSecond;
    times.push_back(*t.occurred_at);
    ledger.MustAppend({Encoded(t)});
  }
  auto view = ledger.ledger().CurrentView();
  AnswerLimits limits;
  limits.short_list = 0;
  for (int i = 0; i < 300; ++i) {
    QueryRequest q;
    const Nanos a = times[random.Below(200)] + static_cast<Nanos>(random.Below(3)) - 1;
    const Nanos b = times[random.Below(200)] + static_cast<Nanos>(random.Below(3)) - 1;
    if (random.Below(5) != 0) q.since = std::min(a, b);
    if (random.Below(5) != 0) q.until = std::max(a, b);
    q.descending = random.Below(2) == 0;
    std::vector<std::string> expected;
    for (size_t e = 0; e < times.size(); ++e) {
      if ((!q.since || times[e] >= *q.since) && (!q.until || times[e] < *q.until)) {
        expected.push_back("e" + std::to_string(e));
      }
    }
    if (q.descending) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(Ids(Ask(*view, q, limits).envelopes), expected);
  }
}

// What is read, not how long it takes: the shorter list leads, whichever it is.
TEST(Plan, WorkGrowsWithTheShortestList) {
  TestLedger ledger;
  ledger.Open();
  for (int i = 0; i < 300; ++i) {
    Transition t = Opening("e" + std::to_string(i));
    t.identity->tenant = "big";
    t.execution->targets = {{"model", i % 100 == 7 ? "rare" : "common", "", ""}};
    t.correlation.emplace().request_id = "r" + std::to_string(i);
    ledger.MustAppend({Encoded(t)});
  }
  auto view = ledger.ledger().CurrentView();
  AnswerLimits limits;
  limits.short_list = 10;
  QueryRequest q;
  q.tenant = "big";
  q.target = "rare";
  auto response = RunQuery(*view, q, limits);
  EXPECT_EQ(Ids(response->envelopes), (std::vector<std::string>{"e7", "e107", "e207"}));
  EXPECT_LT(response->completeness.scanned, 60u);
  q.target = "model:common";
  q.limit = 3;
  EXPECT_LT(RunQuery(*view, q, limits)->completeness.scanned, 60u) << "the page is small, so is the work";
  q = {};
  q.principal.emplace().id = "alice";  // of 300 links
  q.request_id = "r123";
  response = RunQuery(*view, q, limits);
  EXPECT_EQ(Ids(response->envelopes), std::vector<std::string>{"e123"});
  EXPECT_LT(response->completeness.scanned, 20u);
}

}  // namespace
}  // namespace envledger
