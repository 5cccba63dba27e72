#include "ledger/chain/checkpoint_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr uint64_t kTreeSize = 10;

class CheckpointCheckTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::vector<Transition> transitions;
    for (uint64_t i = 1; i < kTreeSize; ++i) transitions.push_back(Opening("e" + std::to_string(i)));
    entries_ = Seal(Drafts(transitions));
  }
  std::vector<std::string> First(uint64_t size) const {
    return {entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(size)};
  }
  Frontier TreeOf(uint64_t size) const {
    Frontier tree;
    for (const std::string& entry : First(size)) tree.Append(LeafHash(entry));
    return tree;
  }
  CheckpointInput Input(uint64_t size, char seed = 1, bool anchor = false) const {
    return {SignedNote(First(size), seed), "of " + std::to_string(size), anchor};
  }
  CheckpointCheck Check(std::vector<CheckpointInput> inputs, std::optional<VerifierKey> trusted = std::nullopt) {
    return {std::move(trusted), std::move(inputs),
            [this](std::optional<uint64_t> seq, std::string check, std::string message, Verdict verdict) {
              failures_.push_back({seq, std::move(check), std::move(message), verdict});
            }};
  }
  static void AddGenesis(CheckpointCheck& check) {
    check.AddEvent(0, kTestStart, Genesis{kTestOrigin, TestKey().public_key(), kFormatVersion, kTestStart});
  }
  static VerifyReport Told(const CheckpointCheck& check) {
    VerifyReport report;
    check.Tell(kTreeSize, report);
    return report;
  }

  std::vector<std::string> entries_;
  std::vector<VerifyFailure> failures_;
};

TEST_F(CheckpointCheckTest, ComparesEachCheckpointAtItsSizeInWhateverOrderTheyAreGiven) {
  CheckpointCheck check = Check({Input(7), Input(3, 1, true), Input(kTreeSize)}, TestVerifierKey());
  AddGenesis(check);
  for (uint64_t size = 1; size <= kTreeSize; ++size) {
    const Frontier tree = TreeOf(size);
    check.Reach(size, &tree, false);
  }
  EXPECT_TRUE(check.anchored());
  check.CheckSignatures(kTreeSize, false, false, InOrder);
  check.CheckLength(kTreeSize);
  EXPECT_THAT(failures_, IsEmpty());
  const VerifyReport report = Told(check);
  EXPECT_EQ(report.checkpoints, 3u);
  EXPECT_EQ(report.origin, kTestOrigin);
  EXPECT_TRUE(report.key_is_trusted);
  EXPECT_THAT(report.checks.at("tree"), HasSubstr("3 of 3 checkpoints"));
}

TEST_F(CheckpointCheckTest, AnAnchorWithoutAKeyDoesNotAnchor) {
  CheckpointCheck check = Check({Input(3, 1, true)});
  AddGenesis(check);
  const Frontier tree = TreeOf(3);
  check.Reach(3, &tree, false);
  EXPECT_FALSE(check.anchored());
  CheckpointCheck stored = Check({Input(3)}, TestVerifierKey());
  stored.Reach(3, &tree, false);
  EXPECT_FALSE(stored.anchored()) << "a checkpoint of the ledger's own is none kept elsewhere";
}

TEST_F(CheckpointCheckTest, ADifferentRootBlamesTheEntriesSinceTheLastCheckpointThatAgrees) {
  CheckpointInput changed = Input(8);
  std::vector<std::string> others = First(8);
  others[6] = "another";
  changed.note = SignedNote(others);
  for (const bool explained : {false, true}) {
    failures_.clear();
    CheckpointCheck check = Check({Input(5), changed});
    const Frontier five = TreeOf(5);
    check.Reach(5, &five, explained);
    const Frontier eight = TreeOf(8);
    check.Reach(8, &eight, explained);
    ASSERT_THAT(failures_, SizeIs(1));
    EXPECT_EQ(failures_[0].seq, explained ? std::nullopt : std::optional<uint64_t>(5));
    EXPECT_EQ(failures_[0].check, "tree");
    EXPECT_EQ(failures_[0].verdict, Verdict::kTampered);
    EXPECT_THAT(failures_[0].message, HasSubstr("at or after entry 5"));
  }
}

TEST_F(CheckpointCheckTest, BehindAGapNothingIsComparedAndThatIsSaid) {
  CheckpointCheck check = Check({Input(5), Input(8)});
  const Frontier five = TreeOf(5);
  check.Reach(5, &five, false);
  check.Reach(8, nullptr, true);
  EXPECT_THAT(failures_, IsEmpty());
  EXPECT_THAT(Told(check).checks.at("tree"), HasSubstr("1 of 2 checkpoints"));
  EXPECT_THAT(Told(check).checks.at("tree"), HasSubstr("1 cannot be compared"));
}

TEST_F(CheckpointCheckTest, WhatIsBeyondTheEndIsTruncationForEachCheckpoint) {
  CheckpointCheck check = Check({Input(4), Input(9), Input(kTreeSize)});
  check.AgreeUpTo(4);
  check.CheckLength(8);
  ASSERT_THAT(failures_, SizeIs(2));
  for (const VerifyFailure& failure : failures_) {
    EXPECT_EQ(failure.seq, 8u);
    EXPECT_EQ(failure.verdict, Verdict::kTruncated);
  }
  EXPECT_THAT(failures_[0].message, HasSubstr("vouches for 9 entries, but the ledger ends after 8"));
}

TEST_F(CheckpointCheckTest, AMalformedNoteIsToldAtOnceAndTheOthersStillCount) {
  CheckpointInput bad = Input(5);
  bad.note.clear();
  CheckpointCheck check = Check({bad, Input(6)});
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_EQ(failures_[0].verdict, Verdict::kTampered);
  EXPECT_THAT(failures_[0].message, HasSubstr("the checkpoint of 5"));
  check.AgreeUpTo(6);
  EXPECT_THAT(Told(check).checks.at("tree"), HasSubstr("1 of 1 checkpoints"));
}

TEST_F(CheckpointCheckTest, ASignatureByNoKeyOfTheLedgerIsTheWrongKey) {
  CheckpointCheck check = Check({Input(5, 2)});
  AddGenesis(check);
  check.AgreeUpTo(5);
  check.CheckSignatures(kTreeSize, false, false, InOrder);
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_EQ(failures_[0].check, "key");
  EXPECT_EQ(failures_[0].verdict, Verdict::kWrongKey);
  EXPECT_EQ(Told(check).checkpoints, 0u) << "a root without its signature";
}

TEST_F(CheckpointCheckTest, WithoutAGenesisTheKeyIsUnknownUnlessSomethingElseExplainsThat) {
  CheckpointCheck check = Check({});
  check.AddEvent(1, kTestStart, Genesis{kTestOrigin, TestKey().public_key(), kFormatVersion, kTestStart});
  EXPECT_FALSE(check.keys().has_value()) << "a genesis is entry 0";
  check.CheckSignatures(kTreeSize, true, false, InOrder);
  check.CheckSignatures(kTreeSize, false, true, InOrder);
  EXPECT_THAT(failures_, IsEmpty());
  check.CheckSignatures(kTreeSize, false, false, InOrder);
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_THAT(failures_[0].message, HasSubstr("no genesis was read"));
}

}  // namespace
}  // namespace envledger
