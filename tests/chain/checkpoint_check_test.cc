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
  // As if the entries before `from` were proven.
  CheckpointCheck Check(std::vector<CheckpointInput> given, std::optional<VerifierKey> trusted = std::nullopt,
                        uint64_t from = 0, CheckpointSource* stored = nullptr) {
    CheckpointCheck check(std::move(trusted), std::move(given), stored, InOrder,
                          [this](std::optional<uint64_t> seq, std::string name, std::string message, Verdict verdict) {
                            failures_.push_back({seq, std::move(name), std::move(message), verdict});
                          });
    check.Start(TreeOf(from));
    return check;
  }
  void ReachAll(CheckpointCheck& check) const {
    for (uint64_t size = 1; size <= kTreeSize; ++size) {
      const Frontier tree = TreeOf(size);
      check.Reach(size, &tree, false);
    }
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
  ReachAll(check);
  EXPECT_TRUE(check.anchored());
  check.Finish(kTreeSize, false, false);
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
  for (const bool ended_early : {false, true}) {
    failures_.clear();
    CheckpointCheck check = Check({Input(4), Input(9), Input(kTreeSize)}, std::nullopt, 4);
    AddGenesis(check);
    check.Finish(8, ended_early, false);
    ASSERT_THAT(failures_, SizeIs(ended_early ? 0 : 2));
    for (const VerifyFailure& failure : failures_) {
      EXPECT_EQ(failure.seq, 8u);
      EXPECT_EQ(failure.verdict, Verdict::kTruncated);
    }
    if (ended_early) continue;
    EXPECT_THAT(failures_[0].message, HasSubstr("vouches for 9 entries, but the ledger ends after 8"));
  }
}

TEST_F(CheckpointCheckTest, AMalformedNoteIsToldAtOnceAndTheOthersStillCount) {
  CheckpointInput bad = Input(5);
  bad.note.clear();
  CheckpointCheck check = Check({bad, Input(6)}, std::nullopt, 6);
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_EQ(failures_[0].verdict, Verdict::kTampered);
  EXPECT_THAT(failures_[0].message, HasSubstr("the checkpoint of 5"));
  EXPECT_THAT(Told(check).checks.at("tree"), HasSubstr("1 of 1 checkpoints"));
}

TEST_F(CheckpointCheckTest, ASignatureByNoKeyOfTheLedgerIsTheWrongKey) {
  CheckpointCheck check = Check({Input(5, 2)}, std::nullopt, 5);
  AddGenesis(check);
  check.Finish(kTreeSize, false, false);
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_EQ(failures_[0].check, "key");
  EXPECT_EQ(failures_[0].verdict, Verdict::kWrongKey);
  EXPECT_EQ(Told(check).checkpoints, 0u) << "a root without its signature";
}

TEST_F(CheckpointCheckTest, WithoutAGenesisTheKeyIsUnknownUnlessSomethingElseExplainsThat) {
  const auto finish = [&](bool ended_early, bool explained) {
    CheckpointCheck check = Check({});
    check.AddEvent(1, kTestStart, Genesis{kTestOrigin, TestKey().public_key(), kFormatVersion, kTestStart});
    EXPECT_FALSE(check.keys().has_value()) << "a genesis is entry 0";
    check.Finish(kTreeSize, ended_early, explained);
  };
  finish(true, false);
  finish(false, true);
  EXPECT_THAT(failures_, IsEmpty());
  finish(false, false);
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_THAT(failures_[0].message, HasSubstr("no genesis was read"));
}

// A source that hands out what it is given, and says how far it was read.
class Listed : public CheckpointSource {
 public:
  explicit Listed(std::vector<CheckpointInput> inputs, Status end = Ok())
      : inputs_(std::move(inputs)), end_(std::move(end)) {}
  Result<std::optional<CheckpointInput>> Next() override {
    if (next_ < inputs_.size()) return std::optional(inputs_[next_++]);
    if (!end_.ok()) return end_;
    return std::optional<CheckpointInput>();
  }
  size_t read() const { return next_; }

 private:
  std::vector<CheckpointInput> inputs_;
  size_t next_ = 0;
  Status end_;
};

TEST_F(CheckpointCheckTest, StoredOnesAreReadAsTheTreeReachesThemAndMergedWithTheGivenOnes) {
  std::vector<CheckpointInput> inputs;
  for (uint64_t size = 1; size <= kTreeSize; ++size) inputs.push_back(Input(size));
  Listed stored(inputs);
  CheckpointCheck check = Check({Input(3, 1, true), Input(7)}, TestVerifierKey(), 0, &stored);
  AddGenesis(check);
  for (uint64_t size = 1; size <= kTreeSize; ++size) {
    EXPECT_EQ(stored.read(), size) << "no further than the next one";
    const Frontier tree = TreeOf(size);
    check.Reach(size, &tree, false);
  }
  check.Finish(kTreeSize, false, false);
  EXPECT_THAT(failures_, IsEmpty());
  EXPECT_TRUE(check.source_status().ok());
  EXPECT_TRUE(check.anchored());
  EXPECT_EQ(Told(check).checkpoints, kTreeSize + 2);
}

TEST_F(CheckpointCheckTest, SignaturesOfManyCheckpointsAreVerifiedBeforeTheEnd) {
  std::vector<CheckpointInput> inputs(300, Input(4));
  inputs[17] = Input(4, 2);
  Listed stored(inputs);
  CheckpointCheck check = Check({}, std::nullopt, 0, &stored);
  AddGenesis(check);
  const Frontier four = TreeOf(4);
  check.Reach(4, &four, false);
  EXPECT_THAT(failures_, IsEmpty()) << "entry 4 may bring the key that has also signed";
  const Frontier five = TreeOf(5);
  check.Reach(5, &five, false);
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_EQ(failures_[0].verdict, Verdict::kWrongKey);
  check.Finish(5, false, false);
  EXPECT_THAT(failures_, SizeIs(1));
  EXPECT_EQ(Told(check).checkpoints, 299u);
}

TEST_F(CheckpointCheckTest, AStoredCheckpointOutOfItsPlaceIsAFailureAndTheOthersStillCount) {
  for (const bool filed : {true, false}) {
    failures_.clear();
    std::vector<CheckpointInput> inputs = {Input(2), filed ? Input(9) : Input(1), Input(6)};
    if (filed) inputs[1].filed_size = 4;
    Listed stored(inputs);
    CheckpointCheck check = Check({}, std::nullopt, 0, &stored);
    AddGenesis(check);
    ReachAll(check);
    check.Finish(kTreeSize, false, false);
    ASSERT_THAT(failures_, SizeIs(1));
    EXPECT_EQ(failures_[0].verdict, Verdict::kTampered);
    EXPECT_THAT(failures_[0].message, HasSubstr("out of its place"));
    EXPECT_EQ(Told(check).checkpoints, 2u);
  }
}

TEST_F(CheckpointCheckTest, ASourceThatFailsIsTold) {
  Listed stored({Input(2)}, Unavailable("gone"));
  CheckpointCheck check = Check({}, std::nullopt, 0, &stored);
  AddGenesis(check);
  ReachAll(check);
  check.Finish(kTreeSize, false, false);
  EXPECT_EQ(check.source_status().message(), "gone");
}

}  // namespace
}  // namespace envledger
