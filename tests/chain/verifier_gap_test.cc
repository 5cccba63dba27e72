// Entries that are missing or cannot be read: what is said of them, and what is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "ledger/chain/verifier.h"
#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

// A ledger whose records have nothing to do with one another, and a checkpoint after each entry.
class GapTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kSize = 12;

  void SetUp() override {
    std::vector<Transition> records;
    for (uint64_t i = 1; i < kSize; ++i)
      records.push_back(Opening("e" + std::to_string(i), User("u" + std::to_string(i))));
    entries_ = Seal(Drafts(records));
  }
  static CheckpointInput Stored(const std::vector<std::string>& entries) {
    return {SignedNote(entries), "stored at size " + std::to_string(entries.size()), false};
  }
  std::vector<CheckpointInput> Checkpoints() const {
    std::vector<CheckpointInput> all;
    for (uint64_t size = 1; size <= kSize; ++size)
      all.push_back(Stored({entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(size)}));
    return all;
  }
  // Of what is left without these.
  VerifyReport Without(const std::set<uint64_t>& missing) const {
    Verifier verifier(TestVerifierKey(), Checkpoints());
    for (uint64_t seq = 0; seq < kSize; ++seq) {
      if (missing.count(seq) == 0) verifier.Add(seq, PrepareEntry(entries_[seq]));
    }
    return verifier.Finish();
  }
  static std::set<Verdict> VerdictsOf(const VerifyReport& report) {
    std::set<Verdict> all;
    for (const VerifyFailure& failure : report.failures) all.insert(failure.verdict);
    return all;
  }

  std::vector<std::string> entries_;
};

TEST_F(GapTest, OneInTheMiddleIsTamperingAndNothingIsSaidToBeCutOff) {
  for (uint64_t seq = 1; seq + 1 < kSize; ++seq) {
    const VerifyReport report = Without({seq});
    ASSERT_EQ(report.failure_count, 1u) << seq << ": " << StatusOf(report).ToString();
    EXPECT_EQ(report.verdict, Verdict::kTampered);
    EXPECT_EQ(report.failures[0].seq, seq);
    EXPECT_EQ(report.failures[0].check, "sequence");
    EXPECT_EQ(report.failures[0].message, "entry " + std::to_string(seq) + " is missing");
    EXPECT_EQ(report.tree_size, kSize);
    EXPECT_EQ(report.entries, kSize - 1);
    EXPECT_FALSE(report.root.has_value()) << "it cannot be known";
    EXPECT_EQ(report.checkpoints, seq) << "those before it are still compared";
    EXPECT_THAT(report.checks.at("tree"), HasSubstr(std::to_string(kSize - seq) + " cannot be compared"));
  }
}

TEST_F(GapTest, EachOfSeveralIsNamed) {
  const VerifyReport report = Without({2, 3, 4, 7, 9, 10});
  EXPECT_EQ(VerdictsOf(report), std::set<Verdict>{Verdict::kTampered});
  ASSERT_EQ(report.failure_count, 3u) << StatusOf(report).ToString();
  EXPECT_EQ(report.failures[0].message, "entries 2 to 4 are missing");
  EXPECT_EQ(report.failures[1].message, "entry 7 is missing");
  EXPECT_EQ(report.failures[2].message, "entries 9 to 10 are missing");
}

TEST_F(GapTest, ThoseAtTheEndAreTruncationByEachCheckpointBeyond) {
  for (uint64_t left = 1; left < kSize; ++left) {
    std::set<uint64_t> missing;
    for (uint64_t seq = left; seq < kSize; ++seq) missing.insert(seq);
    const VerifyReport report = Without(missing);
    EXPECT_EQ(report.verdict, Verdict::kTruncated);
    EXPECT_EQ(VerdictsOf(report), std::set<Verdict>{Verdict::kTruncated});
    EXPECT_EQ(report.failure_count, kSize - left);
    EXPECT_EQ(report.failures[0].seq, left);
    EXPECT_EQ(report.root, RootOf({entries_.begin(), entries_.begin() + static_cast<ptrdiff_t>(left)}));
  }
}

TEST_F(GapTest, InTheMiddleAndAtTheEndAreBothSaid) {
  const VerifyReport report = Without({5, 10, 11});
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_EQ(VerdictsOf(report), (std::set<Verdict>{Verdict::kTampered, Verdict::kTruncated}));
  ASSERT_EQ(report.failure_count, 3u) << StatusOf(report).ToString();
  EXPECT_EQ(report.failures[0].message, "entry 5 is missing");
  EXPECT_THAT(report.failures[1].message, HasSubstr("vouches for 11 entries, but the ledger ends after 10"));
  EXPECT_THAT(report.failures[2].message, HasSubstr("vouches for 12 entries, but the ledger ends after 10"));
}

TEST_F(GapTest, TheFirstEntryMissingIsTampering) {
  const VerifyReport report = Without({0});
  EXPECT_EQ(VerdictsOf(report), std::set<Verdict>{Verdict::kTampered});
  EXPECT_EQ(report.failures[0].message, "entry 0 is missing");
}

TEST_F(GapTest, AnEntryThatCannotBeDecodedIsTamperingWhereverItStands) {
  for (uint64_t seq = 0; seq < kSize; ++seq) {
    std::vector<std::string> damaged = entries_;
    damaged[seq] = "damaged";
    const VerifyReport report = VerifyEntries(damaged, Checkpoints(), TestVerifierKey());
    EXPECT_EQ(VerdictsOf(report), std::set<Verdict>{Verdict::kTampered}) << seq << StatusOf(report).ToString();
    EXPECT_EQ(report.failures[0].seq, seq);
    EXPECT_EQ(report.failures[0].check, "form");
    EXPECT_EQ(report.tree_size, kSize);
  }
}

TEST_F(GapTest, ADamagedEntryBehindAGapIsNamedAndNothingIsSaidToBeCutOff) {
  Verifier verifier(TestVerifierKey(), Checkpoints());
  for (const uint64_t seq : {0, 1, 2, 5, 6, 7, 8, 9, 10, 11}) {
    verifier.Add(seq, PrepareEntry(seq == 11 ? std::string("damaged") : entries_[seq]));
  }
  const VerifyReport report = verifier.Finish();
  EXPECT_EQ(VerdictsOf(report), std::set<Verdict>{Verdict::kTampered});
  ASSERT_EQ(report.failure_count, 2u) << StatusOf(report).ToString();
  EXPECT_EQ(report.failures[0].message, "entries 3 to 4 are missing");
  EXPECT_EQ(report.failures[1].seq, 11u);
  EXPECT_EQ(report.failures[1].check, "form");
}

TEST_F(GapTest, WhatCouldNotBeReadOnIsNotSaidToBeCutOff) {
  Verifier verifier(TestVerifierKey(), Checkpoints());
  for (uint64_t seq = 0; seq < 4; ++seq) verifier.Add(seq, PrepareEntry(entries_[seq]));
  verifier.EndEarly();
  const VerifyReport report = verifier.Finish({{verifier.next_seq(), "form", "a damaged block", Verdict::kTampered}});
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  ASSERT_EQ(report.failure_count, 1u) << StatusOf(report).ToString();
  EXPECT_EQ(report.failures[0].seq, 4u);
}

TEST_F(GapTest, AGapInHashesAloneIsTheSame) {
  Verifier verifier(TestVerifierKey(), Checkpoints());
  for (uint64_t seq = 0; seq < kSize; ++seq) {
    if (seq != 6) verifier.Add(seq, PrepareHash(entries_[seq]));
  }
  const VerifyReport report = verifier.Finish();
  EXPECT_EQ(report.failure_count, 1u);
  EXPECT_EQ(report.failures[0].message, "entry 6 is missing");
}

}  // namespace
}  // namespace envledger
