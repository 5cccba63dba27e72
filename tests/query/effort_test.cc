// What a page of an answer may cost, and what ends it.
#include "ledger/query/effort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ledger/query/cursor.h"
#include "tests/query/pages.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Effort, IsSpentAfterSoMuchWork) {
  Effort effort(3 * Effort::kSearch + 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(effort.spent());
    effort.Search();
  }
  EXPECT_FALSE(effort.spent());
  EXPECT_TRUE(effort.SpentPart(2));
  effort.Step();
  EXPECT_TRUE(effort.spent());
  EXPECT_EQ(effort.reads(), 4u);
}

TEST(Effort, AnEntryCostsMoreTheLargerItIs) {
  Effort small(1000);
  Effort large(1000);
  int many = 0;
  int few = 0;
  for (; !small.spent(); ++many) small.Entry(100);
  for (; !large.spent(); ++few) large.Entry(60'000);
  EXPECT_GT(many, 5 * few);
}

TEST(Effort, EndsSoonAfterNobodyWaits) {
  int asked = 0;
  bool gone = false;
  Effort effort(UINT64_MAX, [&] {
    ++asked;
    return gone;
  });
  for (uint64_t i = 0; i < 10 * Effort::kAskEvery; ++i) {
    effort.Step();
    EXPECT_FALSE(effort.spent());
  }
  EXPECT_LE(asked, 10) << "not to ask all the time";
  gone = true;
  uint64_t steps = 0;
  for (; !effort.spent(); ++steps) effort.Step();
  EXPECT_LE(steps, Effort::kAskEvery);
}

class EffortTest : public ::testing::Test {
 protected:
  void SetUp() override { ledger_.Open(); }
  LedgerView view() { return *ledger_.ledger().CurrentView(); }
  // An envelope with so many notes, which a node ran in the end.
  void OpenLong(const std::string& id, int notes, const std::string& node) {
    ledger_.MustAppend({Encoded(Opening(id)), Encoded(Later(Stage::kAdmitted, id))});
    Transition note = Later(Stage::kAnnotated, id);
    for (int i = 0; i < notes; ++i) {
      note.note = "note " + std::to_string(i);
      ledger_.MustAppend({Encoded(note)});
    }
    Transition grant = Grant(id);
    grant.routing.emplace().node = node;
    ledger_.MustAppend({Encoded(grant)});
  }

  TestLedger ledger_;
};

TEST_F(EffortTest, AnEnvelopeOfManyRecordsIsJudgedOverSeveralPages) {
  OpenLong("e1", 40, "node-1");
  OpenLong("e2", 40, "node-2");
  OpenLong("e3", 3, "node-2");
  AnswerLimits limits;
  limits.max_work = 100;
  limits.records_at_once = 4;
  for (const bool descending : {false, true}) {
    QueryRequest query;
    query.principal.emplace().id = "alice";
    query.stages = {Stage::kGranted};
    query.node = "node-2";
    query.descending = descending;
    query.in_parts = true;
    size_t pages = 0;
    std::vector<EnvelopeRecords> found;
    for (; pages < 500; ++pages) {
      const auto page = RunQuery(view(), query, limits);
      ASSERT_TRUE(page.ok()) << page.status().ToString();
      EXPECT_TRUE(page->completeness.complete) << page->completeness.problem;
      if (page->envelopes.empty()) {
        EXPECT_LE(page->completeness.scanned, 30u) << "a page costs no more";
      }
      found.insert(found.end(), page->envelopes.begin(), page->envelopes.end());
      query.cursor = page->completeness.next_cursor;
      if (query.cursor.empty()) break;
      ledger_.MustAppend(
          {Encoded(Opening("later-" + std::to_string(descending) + std::to_string(pages), User("bob")))});
    }
    EXPECT_GT(pages, 8u);
    EXPECT_EQ(query.cursor, "") << "the pages do not end";
    const std::vector<std::string> expected =
        descending ? std::vector<std::string>{"e3", "e2"} : std::vector<std::string>{"e2", "e3"};
    ASSERT_EQ(Ids(found), expected);
    const EnvelopeRecords& large = found[descending ? 1 : 0];
    EXPECT_EQ(large.records.value_or(large.entries.size()), 43u);
    EXPECT_EQ(large.roles, RoleMask{kRequester});
  }
}

TEST_F(EffortTest, AnEnvelopeThatEndsWhileItIsJudgedIsJudgedAsItIsThen) {
  OpenLong("e1", 40, "node-1");
  AnswerLimits limits;
  limits.max_work = 100;
  limits.records_at_once = 4;
  QueryRequest query;
  query.open = true;
  query.cursor = RunQuery(view(), query, limits)->completeness.next_cursor;
  ASSERT_NE(query.cursor, "");
  ledger_.MustAppend({Encoded(Later(Stage::kStarted, "e1")), Encoded(Later(Stage::kCompleted, "e1"))});
  EXPECT_THAT(Ask(view(), query, limits).envelopes, IsEmpty());
}

TEST_F(EffortTest, APlaceWithinAnEnvelopeIsOneForAScanToo) {
  OpenLong("e1", 40, "node-1");
  OpenLong("e2", 1, "node-1");
  AnswerLimits limits;
  limits.max_work = 100;
  limits.records_at_once = 4;
  for (const bool descending : {false, true}) {
    QueryRequest query;
    query.stages = {Stage::kGranted};
    query.descending = descending;
    std::vector<std::string> ids;
    do {
      const auto page = RunQuery(view(), query, limits);
      ASSERT_TRUE(page.ok()) << page.status().ToString();
      for (const std::string& id : Ids(page->envelopes)) ids.push_back(id);
      query.cursor = page->completeness.next_cursor;
    } while (query.cursor.find('.') == std::string::npos);
    query.scan = true;
    for (const std::string& id : Ids(Ask(view(), query).envelopes)) ids.push_back(id);
    if (descending) std::reverse(ids.begin(), ids.end());
    EXPECT_THAT(ids, ElementsAre("e1", "e2"));
  }
}

TEST_F(EffortTest, APlaceThatIsNoneIsRefused) {
  QueryRequest query;
  const auto page = [&](const std::string& place) {
    query.cursor.clear();
    query.cursor = CursorAfter(QuestionOf(query), place);
    return RunQuery(view(), query, {}).status();
  };
  EXPECT_TRUE(page("5").ok());
  EXPECT_TRUE(page("5.1.1.6.0.1.1.0").ok());
  for (const char* place : {"", "x", "5.", ".5", "5.1", "5.1.1.6.0.1.1", "5.1.1.6.0.1.1.0.0", "5.1.1.6.0.1.1.x",
                            "0.1.1.6.0.1.1.0", "18446744073709551615.1.1.6.0.1.1.0", "5.1.1.6.256.1.1.0",
                            "5.1.1.6.0.256.1.0", "5.1.1.6.0.1.16.0", "5.1.1.6.0.1.1.256"}) {
    const Status refused = page(place);
    EXPECT_EQ(refused.code(), Code::kInvalidArgument) << place;
    EXPECT_EQ(refused.rule(), "cursor") << place;
  }
}

// Nobody reads these pages, so what they say does not matter.
TEST_F(EffortTest, AnAnswerThatNobodyWaitsForEnds) {
  for (int i = 0; i < 40; ++i) OpenLong("e" + std::to_string(i), 40, "node-" + std::to_string(i));
  AnswerLimits limits;
  limits.unwanted = [] { return true; };
  QueryRequest query;
  query.stages = {Stage::kLost};
  QueryRequest scan = query;
  scan.scan = true;
  QueryRequest all_scanned;
  all_scanned.scan = true;
  for (const QueryRequest& request : {query, scan, all_scanned}) {
    const auto page = RunQuery(view(), request, limits);
    EXPECT_LT(page->completeness.scanned, 1000u);
    EXPECT_GT(RunQuery(view(), request, {})->completeness.scanned, 1600u);
  }
  EXPECT_LT(RunEntries(view(), {}, limits)->entries.size(), 1000u);
  EXPECT_GT(RunEntries(view(), {}, {})->entries.size(), 1600u);
}

}  // namespace
}  // namespace envledger
