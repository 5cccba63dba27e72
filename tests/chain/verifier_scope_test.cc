// Verifications that begin behind entries, and what they leave out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "ledger/chain/verifier.h"
#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

std::vector<Transition> TwoStories() {
  std::vector<Transition> story = WholeStory("env-a", "alice");
  for (const Transition& record : WholeStory("env-b", "bob")) story.push_back(record);
  return story;
}

Frontier TreeOf(const std::vector<std::string>& entries, uint64_t size) {
  Frontier tree;
  for (uint64_t seq = 0; seq < size; ++seq) tree.Append(LeafHash(entries[seq]));
  return tree;
}

// Verifies the entries from `from` on.
VerifyReport VerifyFrom(const std::vector<std::string>& entries, uint64_t from,
                        const std::vector<CheckpointInput>& checkpoints) {
  Verifier verifier(TestVerifierKey(), checkpoints, {.from = TreeOf(entries, from)});
  if (from > 0) verifier.AddPastEvent(0, PrepareEntry(entries[0]));
  for (uint64_t seq = from; seq < entries.size(); ++seq) verifier.Add(seq, PrepareEntry(entries[seq]));
  return verifier.Finish();
}

std::vector<CheckpointInput> Signed(const std::vector<std::string>& entries) {
  return {{SignedNote(entries), "stored", false}};
}

TEST(VerifyScopeTest, FromAnyEntryOnTheTreeIsTheSameAndLifecycleAndLinksAreLeftOut) {
  const auto entries = Seal(Drafts(TwoStories()));
  for (uint64_t from = 0; from <= entries.size(); ++from) {
    const VerifyReport report = VerifyFrom(entries, from, Signed(entries));
    EXPECT_EQ(report.verdict, Verdict::kUnanchored) << from << ": " << StatusOf(report).ToString();
    EXPECT_TRUE(StatusOf(report).ok());
    EXPECT_EQ(report.first_seq, from);
    EXPECT_EQ(report.entries, entries.size() - from);
    EXPECT_EQ(report.tree_size, entries.size());
    EXPECT_EQ(report.root, RootOf(entries));
    EXPECT_EQ(report.checkpoints, 1u);
    for (const char* check : {"lifecycle", "links"}) {
      if (from == 0) {
        EXPECT_THAT(report.checks.at(check), HasSubstr("2 ")) << check;
      } else {
        EXPECT_THAT(report.checks.at(check), HasSubstr("not checked")) << check;
      }
    }
  }
}

TEST(VerifyScopeTest, EveryChangedEntryBehindTheBeginningIsCaught) {
  const auto entries = Seal(Drafts(TwoStories()));
  for (uint64_t from = 1; from < entries.size(); ++from) {
    for (uint64_t seq = from; seq < entries.size(); ++seq) {
      auto changed = entries;
      changed[seq][changed[seq].size() / 2] = static_cast<char>(changed[seq][changed[seq].size() / 2] ^ 1);
      Verifier verifier(TestVerifierKey(), Signed(entries), {.from = TreeOf(entries, from)});
      verifier.AddPastEvent(0, PrepareEntry(entries[0]));
      for (uint64_t at = from; at < changed.size(); ++at) verifier.Add(at, PrepareEntry(changed[at]));
      EXPECT_EQ(verifier.Finish().verdict, Verdict::kTampered) << "entry " << seq << " from " << from;
    }
  }
}

TEST(VerifyScopeTest, ATreeThatIsNotThatOfTheEntriesBeforeIsCaughtByTheCheckpoint) {
  const auto entries = Seal(Drafts(TwoStories()));
  auto others = entries;
  others[1] += std::string(8, '\0');
  Verifier verifier(TestVerifierKey(), Signed(entries), {.from = TreeOf(others, 4)});
  verifier.AddPastEvent(0, PrepareEntry(entries[0]));
  for (uint64_t seq = 4; seq < entries.size(); ++seq) verifier.Add(seq, PrepareEntry(entries[seq]));
  const VerifyReport report = verifier.Finish();
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_EQ(report.failures[0].check, "tree");
}

TEST(VerifyScopeTest, WhatIsLeftOutIsCaughtByAWholeVerification) {
  auto drafts = Drafts(TwoStories());
  drafts.back().header.envelope_revision = 99;
  const auto entries = Seal(drafts);
  EXPECT_TRUE(IsPass(VerifyFrom(entries, 3, Signed(entries)).verdict));
  EXPECT_EQ(VerifyEntries(entries).verdict, Verdict::kIncomplete);
}

TEST(VerifyScopeTest, LifecycleAndLinksCanBeLeftOutFromTheBeginning) {
  auto drafts = Drafts(TwoStories());
  drafts.back().header.envelope_revision = 99;
  const auto entries = Seal(drafts);
  Verifier verifier(TestVerifierKey(), Signed(entries), {.from = {}, .lifecycle_and_links = false});
  for (uint64_t seq = 0; seq < entries.size(); ++seq) verifier.Add(seq, PrepareEntry(entries[seq]));
  EXPECT_TRUE(IsPass(verifier.Finish().verdict));
  EXPECT_EQ(verifier.envelopes(), 0u) << "none is held";
  EXPECT_EQ(verifier.principals(), 0u);
}

TEST(VerifyScopeTest, AnEntryOfHashesAloneIsChainedByTheOnesBesideIt) {
  const auto entries = Seal(Drafts(TwoStories()));
  for (uint64_t changed = 1; changed < entries.size(); ++changed) {
    Verifier verifier(TestVerifierKey(), Signed(entries), {.from = {}, .lifecycle_and_links = false});
    for (uint64_t seq = 0; seq < entries.size(); ++seq) {
      const std::string bytes = seq == changed ? entries[seq] + "x" : entries[seq];
      verifier.Add(seq, seq < 5 ? PrepareHash(bytes) : PrepareEntry(bytes));
    }
    EXPECT_EQ(verifier.Finish().verdict, Verdict::kTampered) << changed;
  }
}

// Whoever has no signature of the key given must not pass by having no genesis that says whose signature it takes.
TEST(VerifyScopeTest, WithoutAGenesisNothingPassesWhateverIsLeftOut) {
  auto drafts = Drafts(TwoStories());
  drafts.erase(drafts.begin());
  Relink(drafts);
  const auto entries = Seal(drafts);
  const std::vector<CheckpointInput> forged = {{SignedNote(entries, 2), "forged", true}};
  Verifier hashes(TestVerifierKey(1), forged);
  for (uint64_t seq = 0; seq < entries.size(); ++seq) hashes.Add(seq, PrepareHash(entries[seq]));
  EXPECT_EQ(hashes.Finish().verdict, Verdict::kTampered);
  Verifier without_events(TestVerifierKey(1), forged, {.from = TreeOf(entries, 3)});
  for (uint64_t seq = 3; seq < entries.size(); ++seq) without_events.Add(seq, PrepareEntry(entries[seq]));
  EXPECT_FALSE(IsPass(without_events.Finish().verdict));
}

TEST(VerifyScopeTest, TheKeysAndTheTreeSoFarAreThereForWhoGoesOnFromThem) {
  const auto entries = Seal(Drafts(TwoStories()));
  Verifier verifier(TestVerifierKey(), Signed(entries));
  EXPECT_FALSE(verifier.keys().has_value());
  EXPECT_EQ(verifier.next_seq(), 0u);
  for (uint64_t seq = 0; seq < entries.size(); ++seq) {
    EXPECT_EQ(verifier.tree().hashes(), TreeOf(entries, seq).hashes());
    verifier.Add(seq, PrepareEntry(entries[seq]));
  }
  EXPECT_EQ(verifier.next_seq(), entries.size());
  ASSERT_TRUE(verifier.keys().has_value());
  EXPECT_EQ(verifier.keys()->current().key, TestVerifierKey());
}

TEST(StatusOfReport, CarriesTheVerdictAndTheFirstFailureThatItRestsOn) {
  VerifyReport report;
  EXPECT_TRUE(StatusOf(report).ok());
  AddFailure(report, {7, "links", "a hole", Verdict::kIncomplete});
  EXPECT_EQ(StatusOf(report).ToString(), "INCOMPLETE: entry 7 (links): a hole");
  AddFailure(report, {std::nullopt, "checkpoint", "another root", Verdict::kTampered});
  AddFailure(report, {9, "form", "damaged", Verdict::kTampered});
  EXPECT_EQ(StatusOf(report).verdict(), Verdict::kTampered);
  EXPECT_EQ(StatusOf(report).message(), "the ledger (checkpoint): another root; 3 failures in all");
}

TEST(StatusOfReport, KnowsTheVerdictThoughTheWorstFailureIsNotListed) {
  VerifyReport report;
  for (size_t i = 0; i < VerifyReport::kMaxFailures; ++i) AddFailure(report, {i, "links", "x", Verdict::kIncomplete});
  AddFailure(report, {1000, "form", "x", Verdict::kTampered});
  EXPECT_EQ(StatusOf(report).ToString(), "TAMPERED: 101 failures");
}

}  // namespace
}  // namespace envledger
