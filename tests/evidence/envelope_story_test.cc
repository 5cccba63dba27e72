#include "ledger/evidence/envelope_story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr Nanos kMinute = 60 * kSecond;

// "big" has a request, a grant and nine notes, a minute apart; another envelope lies between.
std::vector<Transition> Told(size_t note_bytes = 10) {
  std::vector<Transition> told = {Opening("big"), Opening("other"), Grant("big", {Amount("gpu", 4000)})};
  for (int i = 0; i < 9; ++i) {
    Transition note = Later(Stage::kAnnotated, "big");
    note.note = std::to_string(i) + std::string(note_bytes, 'n');
    told.push_back(std::move(note));
  }
  for (size_t i = 0; i < told.size(); ++i) told[i].occurred_at = kTestStart + static_cast<Nanos>(i) * kMinute;
  return told;
}

EnvelopeStory Read(LedgerReader& reader, std::optional<Nanos> at = {}) {
  auto pages = EnvelopePages::Open(reader, "big");
  EXPECT_TRUE(pages.ok()) << pages.status().ToString();
  auto story = EnvelopeStory::Read(*std::move(pages), at);
  EXPECT_TRUE(story.ok()) << story.status().ToString();
  return *std::move(story);
}

std::vector<uint64_t> Seqs(EnvelopeStory& story, bool all = false) {
  std::vector<uint64_t> seqs;
  const auto visit = [&seqs](const Record& record, const std::string& entry) {
    EXPECT_EQ(record.seq, CheckEntry(entry)->header.seq);
    seqs.push_back(record.seq);
    return Ok();
  };
  EXPECT_TRUE((all ? story.ForEachOfAll(visit) : story.ForEachRecord(visit)).ok());
  return seqs;
}

const std::vector<uint64_t> kAll = {1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

TEST(EnvelopeStory, IsTheSameHoweverManyPagesItComesIn) {
  MemoryLedger ledger(Seal(Drafts(Told())));
  for (const size_t page : {1u, 2u, 3u, 10u, 11u, 100u}) {
    ledger.records_at_once = page;
    EnvelopeStory story = Read(ledger);
    EXPECT_EQ(story.envelope().revisions, 11u);
    EXPECT_EQ(story.envelope().stage, Stage::kGranted);
    EXPECT_EQ(story.envelope().first_seq, 1u);
    EXPECT_EQ(story.last_seq(), 12u);
    EXPECT_EQ(story.problem(), "");
    EXPECT_EQ(story.completeness().tree_size, 13u);
    for (int twice = 0; twice < 2; ++twice) EXPECT_EQ(Seqs(story), kAll);
  }
}

TEST(EnvelopeStory, ASmallOneIsAskedForOnceAndALargeOneEachTime) {
  MemoryLedger ledger(Seal(Drafts(Told())));
  EnvelopeStory small = Read(ledger);
  Seqs(small);
  Seqs(small);
  EXPECT_EQ(ledger.asked.size(), 1u);
  ledger.asked.clear();
  ledger.records_at_once = 4;
  EnvelopeStory large = Read(ledger);
  Seqs(large);
  ASSERT_EQ(ledger.asked.size(), 5u) << "the first page is held";
  EXPECT_EQ(ledger.asked[1].from_revision, 4u);
  EXPECT_EQ(ledger.asked[2].from_revision, 8u);
  EXPECT_EQ(ledger.asked[3].from_revision, 4u);
}

TEST(EnvelopeStory, WhatIsLargeInOnePageIsGoneThroughWithoutAskingAgain) {
  MemoryLedger ledger(Seal(Drafts(Told(16'000))));
  std::vector<Transition> more = Told(16'000);
  for (int i = 0; i < 20; ++i) more.push_back(more.back());
  MemoryLedger larger(Seal(Drafts(more)));
  EnvelopeStory story = Read(larger);
  EXPECT_EQ(Seqs(story).size(), 31u);
  EXPECT_GT(story.bytes(), 256u << 10);
  EXPECT_EQ(larger.asked.size(), 1u);
}

TEST(EnvelopeStory, AsOfAMomentLeavesOutWhatOccurredLater) {
  MemoryLedger ledger(Seal(Drafts(Told())));
  for (const size_t page : {2u, 100u}) {
    ledger.records_at_once = page;
    EnvelopeStory story = Read(ledger, kTestStart + 4 * kMinute);
    EXPECT_EQ(story.records(), 4u);
    EXPECT_EQ(story.later(), 7u);
    EXPECT_EQ(story.last_seq(), 12u);
    EXPECT_EQ(story.envelope().last_seq, 5u);
    EXPECT_EQ(Seqs(story), (std::vector<uint64_t>{1, 3, 4, 5}));
    EXPECT_EQ(Seqs(story, true), kAll);
  }
  auto before = EnvelopeStory::Read(*EnvelopePages::Open(ledger, "big"), kTestStart - 1);
  EXPECT_EQ(before.status().code(), Code::kCorruption);
  EXPECT_THAT(before.status().message(), HasSubstr("envelope big: it was requested later"));
}

// The ledger goes on growing while pages are read.
TEST(EnvelopeStory, EndsWhereTheFirstPagesTreeEnded) {
  std::vector<Transition> told = Told();
  MemoryLedger ledger(Seal(Drafts(told)));
  ledger.records_at_once = 4;
  auto pages = EnvelopePages::Open(ledger, "big");
  ASSERT_TRUE(pages.ok());
  told.push_back(Later(Stage::kCompleted, "big"));
  ledger.entries = Seal(Drafts(told));
  auto story = EnvelopeStory::Read(*std::move(pages));
  ASSERT_TRUE(story.ok()) << story.status().ToString();
  EXPECT_EQ(story->envelope().stage, Stage::kGranted);
  EXPECT_EQ(Seqs(*story), kAll);
  EXPECT_EQ(story->completeness().tree_size, 13u);
}

// A query says how many records it judged the envelope by. Later pages may come from an index that has lost some.
TEST(EnvelopeStory, RecordsThatTheQueryJudgedAndThatAreNotGivenShow) {
  const std::vector<std::string> sealed = Seal(Drafts(Told()));
  MemoryLedger ledger(sealed);
  for (const uint64_t judged : {uint64_t{11}, uint64_t{12}}) {
    const EnvelopeRecords begun{"big", 0, {sealed[1], sealed[3], sealed[4]}, 3, judged};
    const auto story = EnvelopeStory::Read(EnvelopePages(ledger, begun, sealed.size()));
    ASSERT_TRUE(story.ok()) << story.status().ToString();
    EXPECT_EQ(story->problem(), judged == 11 ? "" : "envelope big: the ledger judged it by 12 records, but gives 11");
  }
  MemoryLedger lost(std::vector<std::string>{sealed[0]});
  const EnvelopeRecords begun{"big", 0, {sealed[1], sealed[3], sealed[4]}, 3, 11};
  const auto refused = EnvelopeStory::Read(EnvelopePages(lost, begun, sealed.size()));
  EXPECT_EQ(refused.status().code(), Code::kCorruption) << "a problem of this envelope, not of the whole answer";
  EXPECT_THAT(refused.status().message(), HasSubstr("from revision 3 on"));
}

TEST(EnvelopeStory, IsRefusedWhenTheLedgerTellsItDifferentlyTheSecondTime) {
  std::vector<Transition> told = Told();
  MemoryLedger ledger(Seal(Drafts(told)));
  ledger.records_at_once = 4;
  EnvelopeStory story = Read(ledger);
  told[10].note = "another";
  ledger.entries = Seal(Drafts(told));
  const Status again = story.ForEachRecord([](const Record&, const std::string&) { return Ok(); });
  EXPECT_EQ(again.code(), Code::kCorruption);
  EXPECT_THAT(again.message(), HasSubstr("envelope big: the ledger returned different records"));
}

TEST(EnvelopeStory, AHoleBetweenTwoPagesShows) {
  for (const bool held : {false, true}) {
    std::vector<std::string> entries = Seal(Drafts(Told()));
    entries.erase(entries.begin() + 6);
    MemoryLedger ledger(entries);
    ledger.records_at_once = held ? 100 : 4;
    EnvelopeStory story = Read(ledger);
    EXPECT_THAT(story.problem(), HasSubstr("envelope big: revision 4 is missing"));
    EXPECT_THAT(story.hole(), HasSubstr("entry 7 has revision 5"));
  }
}

TEST(EnvelopeStory, ARecordThatNamesAnotherBeforeItShows) {
  std::vector<Draft> drafts = Drafts(Told());
  drafts[8].header.envelope_previous = 2;
  MemoryLedger ledger(Seal(drafts));
  ledger.records_at_once = 4;
  EXPECT_THAT(Read(ledger).hole(),
              HasSubstr("entry 8 says that the record before it is entry 2; the answer has entry 7"));
}

TEST(EnvelopeStory, APageThatDoesNotGoOnIsNoEnd) {
  class Stuck : public MemoryLedger {
   public:
    using MemoryLedger::MemoryLedger;
    Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override {
      auto page = MemoryLedger::FindEnvelope(request);
      if (request.from_revision == 4u && empty) page->envelope.entries.clear();
      if (request.from_revision == 4u && !empty) page->envelope.next_revision = 4;
      return page;
    }
    bool empty = false;
  };
  Stuck ledger(Seal(Drafts(Told())));
  ledger.records_at_once = 4;
  for (const bool empty : {false, true}) {
    ledger.empty = empty;
    const auto story = EnvelopeStory::Read(*EnvelopePages::Open(ledger, "big"));
    EXPECT_EQ(story.status().code(), Code::kCorruption);
    EXPECT_THAT(story.status().message(), HasSubstr("from revision 4 on"));
  }
}

TEST(EnvelopeStory, WhatALaterPageSaysIsWrongIsAProblemOfTheWhole) {
  class Doubting : public MemoryLedger {
   public:
    using MemoryLedger::MemoryLedger;
    Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override {
      auto page = MemoryLedger::FindEnvelope(request);
      if (request.from_revision == 8u) page->completeness.complete = false;
      if (request.from_revision == 8u) page->completeness.problem = "an unreadable entry";
      return page;
    }
  };
  Doubting ledger(Seal(Drafts(Told())));
  ledger.records_at_once = 4;
  EnvelopeStory story = Read(ledger);
  EXPECT_EQ(story.problem(), "an unreadable entry");
  EXPECT_FALSE(story.completeness().complete);
}

}  // namespace
}  // namespace envledger
