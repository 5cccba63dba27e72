// Answers about one envelope that is larger than an answer may be.
#include "ledger/query/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ledger/query/answer.h"
#include "tests/query/pages.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

Transition Note(const std::string& id, size_t number, size_t bytes) {
  Transition note = Later(Stage::kAnnotated, id);
  note.note = std::to_string(number) + std::string(bytes, 'n');
  return note;
}

// An envelope "big" of one request and 40 notes of 1000 bytes, among others.
class BigEnvelope : public ::testing::Test {
 protected:
  BigEnvelope() {
    ledger_.Open();
    ledger_.MustAppend({Encoded(Opening("before")), Encoded(Opening("big"))});
    for (size_t i = 0; i < 40; ++i) {
      const AppendResult added = ledger_.Append({Encoded(Note("big", i, 1000))}, {}, i < 20 ? "first" : "second");
      EXPECT_TRUE(StatusOf(added).ok()) << StatusOf(added).ToString();
    }
    ledger_.MustAppend({Encoded(Opening("behind"))});
    auto view = ledger_.ledger().CurrentView();
    EXPECT_TRUE(view.ok());
    view_ = *std::move(view);
    EXPECT_TRUE(RunEnvelope(view_, {"big"}, {}).ok());
    all_ = RunEnvelope(view_, {"big"}, {})->envelope.entries;
    EXPECT_EQ(all_.size(), 41u);
  }

  TestLedger ledger_;
  LedgerView view_;
  std::vector<std::string> all_;
};

TEST_F(BigEnvelope, IsGivenInPagesFromAnyRevision) {
  AnswerLimits limits;
  limits.max_bytes = 5000;
  for (const uint64_t from : {0u, 1u, 17u, 40u}) {
    std::vector<std::string> entries;
    std::optional<uint64_t> next = from;
    while (next) {
      const auto page = RunEnvelope(view_, {"big", next}, limits);
      ASSERT_TRUE(page.ok()) << page.status().ToString();
      EXPECT_TRUE(page->completeness.complete) << page->completeness.problem;
      ExpectWithin(page->envelope.entries, limits.max_records, limits.max_bytes);
      entries.insert(entries.end(), page->envelope.entries.begin(), page->envelope.entries.end());
      next = page->envelope.next_revision;
    }
    EXPECT_EQ(entries, std::vector<std::string>(all_.begin() + static_cast<int64_t>(from), all_.end()));
  }
}

TEST_F(BigEnvelope, OfWhichFewerBytesAreAskedForComesInSmallerPages) {
  const auto page = RunEnvelope(view_, {"big", 0, 3000}, {});
  ASSERT_TRUE(page.ok());
  EXPECT_LE(BytesOf(page->envelope.entries), 3000u);
  EXPECT_EQ(page->envelope.next_revision, page->envelope.entries.size());
  const auto least = RunEnvelope(view_, {"big", 3, 1}, {});
  ASSERT_TRUE(least.ok());
  EXPECT_EQ(least->envelope.entries, std::vector<std::string>{all_[3]}) << "one is always given";
  AnswerLimits limits;
  limits.max_bytes = 3000;
  const auto most = RunEnvelope(view_, {"big", 0, 1'000'000}, limits);
  ASSERT_TRUE(most.ok());
  EXPECT_LE(BytesOf(most->envelope.entries), 3000u);
}

TEST_F(BigEnvelope, HasNothingBehindItsLastRecord) {
  const auto behind = RunEnvelope(view_, {"big", 41}, {});
  ASSERT_TRUE(behind.ok()) << behind.status().ToString();
  EXPECT_TRUE(behind->envelope.entries.empty());
  EXPECT_FALSE(behind->envelope.next_revision);
  EXPECT_TRUE(behind->completeness.complete);
  EXPECT_EQ(RunEnvelope(view_, {"none", 41}, {}).status().code(), Code::kNotFound);
}

TEST_F(BigEnvelope, ThatDoesNotFitIsNoCompleteAnswerToWhoKnowsOfNoPages) {
  AnswerLimits limits;
  limits.max_bytes = 5000;
  const auto old = RunEnvelope(view_, {"big"}, limits);
  ASSERT_TRUE(old.ok());
  EXPECT_LE(BytesOf(old->envelope.entries), 5000u);
  EXPECT_FALSE(old->envelope.next_revision);
  EXPECT_FALSE(old->completeness.complete);
  EXPECT_THAT(old->completeness.problem, HasSubstr("in parts"));

  for (const bool scan : {false, true}) {
    QueryRequest query;
    query.scan = scan;
    const auto answer = RunQuery(view_, query, limits);
    ASSERT_TRUE(answer.ok());
    EXPECT_FALSE(answer->completeness.complete);
    EXPECT_THAT(answer->completeness.problem, HasSubstr("envelope big"));
    query.in_parts = true;
    const auto parts = RunQuery(view_, query, limits);
    ASSERT_TRUE(parts.ok());
    EXPECT_TRUE(parts->completeness.complete) << parts->completeness.problem;
  }
}

TEST_F(BigEnvelope, IsJudgedByAllItsRecordsWhateverAQueryGivesOfThem) {
  AnswerLimits limits;
  limits.max_records = 2;
  for (const bool scan : {false, true}) {
    for (const bool descending : {false, true}) {
      QueryRequest query;
      query.scan = scan;
      query.descending = descending;
      query.recorder = "second";
      const Answer answer = Ask(view_, query, limits);
      ASSERT_EQ(Ids(answer.envelopes), std::vector<std::string>{"big"});
      EXPECT_EQ(answer.envelopes.front().entries, all_);
      EXPECT_TRUE(answer.complete) << answer.problem;
    }
  }
}

TEST(Piece, DoesNotEndBetweenTwoRecordsOfOneRevision) {
  Piece piece(10, 1);
  piece.Add(5, "five");
  piece.Add(5, "five again");
  piece.Add(6, "six");
  piece.Add(7, "7");
  EXPECT_EQ(piece.entries().size(), 2u);
  EXPECT_EQ(piece.bytes(), 14u);
  EXPECT_EQ(piece.next_revision(), 6u);
}

// Its twenty records by "second" are twenty candidates for one place.
TEST_F(BigEnvelope, IsGoneThroughOnceHoweverManyOfItsRecordsAreOnTheList) {
  for (const bool descending : {false, true}) {
    QueryRequest query;
    query.recorder = "second";
    query.descending = descending;
    query.in_parts = true;
    const auto answer = RunQuery(view_, query, {});
    ASSERT_TRUE(answer.ok());
    EXPECT_LT(answer->completeness.scanned, 150u) << descending;
  }
}

// The first page of a scan finds three envelopes and has room for the records of fewer.
TEST_F(BigEnvelope, LeavesTheNextToTheNextPageOfAScan) {
  for (const bool descending : {false, true}) {
    QueryRequest query;
    query.scan = true;
    query.descending = descending;
    query.in_parts = true;
    AnswerLimits limits;
    limits.max_bytes = 300;
    const auto page = RunQuery(view_, query, limits);
    ASSERT_TRUE(page.ok());
    EXPECT_LT(page->envelopes.size(), 3u);
    EXPECT_FALSE(page->completeness.next_cursor.empty());
    std::vector<std::string> ids = {"before", "big", "behind"};
    if (descending) std::reverse(ids.begin(), ids.end());
    EXPECT_EQ(Ids(Ask(view_, query, limits).envelopes), ids);
  }
}

}  // namespace
}  // namespace envledger
