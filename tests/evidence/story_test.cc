#include "ledger/evidence/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A request, a grant a minute later, and a note that says it happened between the two. Entry 2 is another envelope's.
std::vector<std::string> Sealed() {
  std::vector<Transition> told = {Opening("e"), Opening("other"), Grant("e", {Amount("gpu", 4000)}),
                                  Later(Stage::kAnnotated, "e")};
  told[0].occurred_at = kTestStart;
  told[1].occurred_at = kTestStart;
  told[2].occurred_at = kTestStart + 60 * kSecond;
  told[3].occurred_at = kTestStart + 30 * kSecond;
  return Seal(Drafts(told));
}

EnvelopeRecords Answer(const std::vector<uint64_t>& seqs, const std::string& id = "e") {
  const std::vector<std::string> sealed = Sealed();
  EnvelopeRecords answer;
  answer.envelope_id = id;
  for (const uint64_t seq : seqs) answer.entries.push_back(sealed[seq]);
  return answer;
}

TEST(Story, HoldsTheEnvelopeAndItsRecords) {
  const auto story = ReadStory(Answer({1, 3, 4}));
  ASSERT_TRUE(story.ok()) << story.status().ToString();
  EXPECT_EQ(story->problem, "");
  EXPECT_EQ(story->envelope.stage, Stage::kGranted);
  EXPECT_EQ(story->envelope.revisions, 3u);
  EXPECT_THAT(story->places, ElementsAre(0, 1, 2));
  EXPECT_TRUE(CheckRevisions(Answer({1, 3, 4})).ok());
}

TEST(Story, AMissingRecordIsNamed) {
  const auto story = ReadStory(Answer({1, 4}));
  ASSERT_TRUE(story.ok()) << story.status().ToString();
  EXPECT_THAT(story->problem, HasSubstr("envelope e: revision 1 is missing; entry 4 has revision 2"));
  const Status checked = CheckRevisions(Answer({1, 4}));
  EXPECT_EQ(checked.code(), Code::kCorruption);
  EXPECT_THAT(checked.message(), HasSubstr("revision 1 is missing"));
}

TEST(Story, WhatDoesNotBeginWithARequestOrIsAnothersIsNone) {
  for (const auto& answer : {Answer({}), Answer({3, 4}), Answer({1, 2, 3}), Answer({0}), Answer({2})}) {
    const auto story = ReadStory(answer);
    EXPECT_EQ(story.status().code(), Code::kCorruption);
    EXPECT_THAT(story.status().message(), HasSubstr("envelope e: "));
    EXPECT_EQ(CheckRevisions(answer).code(), Code::kCorruption);
  }
  EnvelopeRecords broken = Answer({1, 3});
  broken.entries[1] = "no entry";
  EXPECT_THAT(ReadStory(broken).status().message(), HasSubstr("record 1: "));
}

TEST(Story, AsOfAMomentIsWhatHadOccurredByThen) {
  const auto story = ReadStory(Answer({1, 3, 4}), kTestStart + 30 * kSecond);
  ASSERT_TRUE(story.ok()) << story.status().ToString();
  EXPECT_EQ(story->envelope.stage, Stage::kRequested) << "the grant came later, though it was recorded before the note";
  EXPECT_EQ(story->later, 1u);
  EXPECT_THAT(story->places, ElementsAre(0, 2));
  const auto before = ReadStory(Answer({1, 3, 4}), kTestStart - 1);
  EXPECT_EQ(before.status().code(), Code::kCorruption);
  EXPECT_THAT(before.status().message(), HasSubstr("requested later"));
}

TEST(RecordCheck, KeepsTheFirstProblem) {
  const auto records = RecordsOf(Answer({1, 4, 3}).entries);
  ASSERT_TRUE(records.ok());
  RecordCheck check("e");
  for (const Record& record : *records) EXPECT_TRUE(check.Add(record).ok());
  EXPECT_EQ(check.records(), 3u);
  EXPECT_EQ(check.last_seq(), 3u);
  EXPECT_THAT(check.problem(), HasSubstr("entry 4 has revision 2"));
}

Completeness PageOf(uint64_t tree_size, std::string cursor, std::string problem = "") {
  Completeness page;
  page.tree_size = tree_size;
  page.scanned = 10;
  page.complete = problem.empty();
  page.problem = std::move(problem);
  page.next_cursor = std::move(cursor);
  return page;
}

TEST(Coverage, IsThatOfTheFirstPagesTreeAndTheLastPagesCursor) {
  Coverage coverage;
  coverage.AddPage(PageOf(1234, "a"));
  coverage.AddStory(7, 9, "");
  coverage.AddPage(PageOf(2000, "b"));
  coverage.AddStory(3, 8, "");
  coverage.SetCursorEnd(".rest");
  EXPECT_EQ(coverage.tree_size(), 1234u);
  EXPECT_TRUE(coverage.complete());
  EXPECT_EQ(coverage.next_cursor(), "b.rest");
  const json told = json::parse(coverage.Json());
  EXPECT_EQ(told["first_seq"], 3);
  EXPECT_EQ(told["last_seq"], 9);
  EXPECT_EQ(told["scanned"], 20);
  EXPECT_EQ(told["checkpoint"], nullptr);
  EXPECT_FALSE(told.contains("problem"));
  EXPECT_THAT(coverage.Sentence(), HasSubstr("Complete as of 1,234 entries"));
  EXPECT_THAT(coverage.Sentence(), HasSubstr("no signed checkpoint yet"));
}

TEST(Coverage, TheFirstReasonWhyItIsNotCompleteIsKept) {
  Coverage coverage;
  coverage.AddProblem("doubt before the first page");
  coverage.AddPage(PageOf(10, ""));
  EXPECT_FALSE(coverage.complete());
  coverage.AddPage(PageOf(10, "", "a hole"));
  coverage.AddStory(1, 2, "another");
  EXPECT_EQ(coverage.problem(), "doubt before the first page");
  EXPECT_THAT(coverage.Sentence(), HasSubstr("INCOMPLETE"));
  EXPECT_EQ(coverage.next_cursor(), "") << "an answer that ends has no cursor to add to";
}

TEST(Coverage, AnAnswerFromAnIndexIsNoScan) {
  Coverage scanned;
  scanned.Asked(std::nullopt, true);
  Completeness page = PageOf(10, "");
  page.unindexed = true;
  scanned.AddPage(page);
  EXPECT_TRUE(scanned.complete());
  EXPECT_THAT(scanned.Sentence(), HasSubstr("no index used"));
  page.unindexed = false;
  scanned.AddPage(page);
  EXPECT_FALSE(scanned.complete());
  EXPECT_THAT(scanned.problem(), HasSubstr("from its index"));
}

}  // namespace
}  // namespace envledger
