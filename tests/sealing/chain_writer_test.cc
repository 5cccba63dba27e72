#include "ledger/sealing/chain_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

// Drafts go in through the writer, and the same ones through the second implementation of the tests.
class ChainWriterTest : public ::testing::Test {
 protected:
  Result<Hash> Add(const Draft& draft) {
    if (draft.event) return writer_.Add(draft.header, *draft.event, sealed_);
    return writer_.Add(draft.header, *CheckedTransition::Check(draft.transition), sealed_);
  }
  void MustAdd(const Draft& draft) {
    const auto added = Add(draft);
    ASSERT_TRUE(added.ok()) << added.status().ToString();
  }
  void ExpectSealed(const std::vector<Draft>& drafts) {
    const std::vector<std::string> entries = Seal(drafts);
    ASSERT_EQ(sealed_.entries(), entries.size());
    for (size_t i = 0; i < entries.size(); ++i) EXPECT_EQ(sealed_.Entry(i), entries[i]) << i;
    EXPECT_EQ(writer_.size(), entries.size());
    EXPECT_EQ(writer_.next_seq(), entries.size());
    EXPECT_EQ(writer_.last_leaf_hash(), LeafHash(entries.back()));
    EXPECT_EQ(writer_.last_recorded_at(), drafts.back().header.recorded_at);
    EXPECT_EQ(sealed_.last_leaf_hash, LeafHash(entries.back()));
    EXPECT_EQ(sealed_.last_recorded_at, drafts.back().header.recorded_at);
    Frontier whole = sealed_.before_last;
    whole.Append(sealed_.last_leaf_hash);
    EXPECT_EQ(whole.Root(), RootOf(entries));
  }

  const std::vector<Draft> drafts_ = Drafts({Opening("e1"), Opening("e2"), Later(Stage::kAdmitted, "e1"), Opening("e3"),
                                             Opening("e4"), Opening("e5"), Opening("e6")});
  ChainWriter writer_{ChainEnd{}};
  SealedEntries sealed_;
};

TEST_F(ChainWriterTest, EntriesFollowOneAnotherWhateverIsKeptAtATime) {
  for (size_t i = 0; i < drafts_.size(); ++i) {
    MustAdd(drafts_[i]);
    if (i % 3 == 0) writer_.Keep(sealed_);
  }
  writer_.Keep(sealed_);
  ExpectSealed(drafts_);
}

TEST_F(ChainWriterTest, WhatIsTakenBackLeavesNoTrace) {
  std::vector<Draft> kept;
  for (size_t i = 0; i < drafts_.size(); ++i) {
    // Others are tried before each: as many as there are kept, and none before the first.
    for (size_t j = 0; j < i; ++j) MustAdd(DraftOf(Closed{"no"}, kTestStart + 60 * kSecond));
    writer_.TakeBack(sealed_);
    MustAdd(drafts_[i]);
    writer_.Keep(sealed_);
    kept.push_back(drafts_[i]);
    ExpectSealed(kept);
  }
}

TEST_F(ChainWriterTest, AnEntryThatIsRefusedAddsNothingAndTheOthersStay) {
  MustAdd(drafts_[0]);
  MustAdd(drafts_[1]);
  Draft bad = drafts_[2];
  bad.header.recorder.producer = "\xFF";
  EXPECT_EQ(Add(bad).status().code(), Code::kInternal);
  EXPECT_EQ(writer_.next_seq(), 2u);
  MustAdd(drafts_[2]);
  writer_.Keep(sealed_);
  ExpectSealed({drafts_.begin(), drafts_.begin() + 3});
}

TEST_F(ChainWriterTest, KeepingOrTakingBackNothingChangesNothing) {
  MustAdd(drafts_[0]);
  writer_.Keep(sealed_);
  writer_.Keep(sealed_);
  writer_.TakeBack(sealed_);
  ExpectSealed({drafts_[0]});
}

TEST_F(ChainWriterTest, GoesOnFromTheEndThatItIsGiven) {
  for (size_t i = 0; i < 3; ++i) MustAdd(drafts_[i]);
  writer_.Keep(sealed_);
  ChainEnd end{sealed_.before_last, sealed_.last_leaf_hash, sealed_.last_recorded_at};
  end.frontier.Append(sealed_.last_leaf_hash);
  ChainWriter next(end);
  SealedEntries more{.first_seq = 3, .bytes = {}, .ends = {}, .before_last = {}};
  for (size_t i = 3; i < drafts_.size(); ++i) {
    ASSERT_TRUE(next.Add(drafts_[i].header, *CheckedTransition::Check(drafts_[i].transition), more).ok());
  }
  next.Keep(more);
  const std::vector<std::string> entries = Seal(drafts_);
  for (size_t i = 3; i < entries.size(); ++i) EXPECT_EQ(more.Entry(i - 3), entries[i]);
}

}  // namespace
}  // namespace envledger
