#include "ledger/chain/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/traffic.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

std::vector<Transition> Story() {
  Transition delegated = Opening("e2", Service("planner"));
  delegated.identity->subject = User("alice");
  Transition admitted = Later(Stage::kAdmitted, "e1");
  admitted.decision->decider = User("bob");
  return {Opening("e1"), delegated, admitted, Grant("e1", {Amount("gpu", 1000)}), Later(Stage::kDenied, "e2")};
}

CheckpointInput Anchor(const std::vector<std::string>& entries, char seed = 1) {
  return {SignedNote(entries, seed), "of a test", true};
}
CheckpointInput Stored(const std::vector<std::string>& entries) { return {SignedNote(entries), "stored", false}; }

// The report must fail as `verdict`, first at `seq` by `check`.
void ExpectFirst(const VerifyReport& report, Verdict verdict, std::optional<uint64_t> seq, const std::string& check) {
  EXPECT_EQ(Name(report.verdict), Name(verdict));
  ASSERT_FALSE(report.failures.empty());
  EXPECT_EQ(report.failures[0].seq, seq) << report.failures[0].message;
  EXPECT_EQ(report.failures[0].check, check) << report.failures[0].message;
}

std::vector<std::string> Without(std::vector<std::string> entries, size_t index) {
  entries.erase(entries.begin() + static_cast<ptrdiff_t>(index));
  return entries;
}

TEST(VerifierTest, AnIntactLedgerIsUnanchoredWithoutACheckpointFromOutside) {
  const auto entries = Seal(Drafts(Story()));
  const VerifyReport report = VerifyEntries(entries, {Stored(entries)}, TestVerifierKey());
  EXPECT_EQ(report.verdict, Verdict::kUnanchored);
  EXPECT_EQ(report.failure_count, 0u);
  EXPECT_EQ(report.entries, entries.size());
  EXPECT_EQ(report.checkpoints, 1u);
  EXPECT_EQ(report.origin, kTestOrigin);
  EXPECT_EQ(report.root, RootOf(entries));
  EXPECT_EQ(report.key, TestVerifierKey());
  EXPECT_TRUE(report.key_is_trusted);
}

TEST(VerifierTest, AnIntactLedgerIsValidAgainstAnAnchorAndATrustedKey) {
  auto entries = Seal(Drafts(Story()));
  const CheckpointInput anchor = Anchor({entries.begin(), entries.begin() + 4});
  EXPECT_EQ(VerifyEntries(entries, {anchor}, TestVerifierKey()).verdict, Verdict::kValid);
}

TEST(VerifierTest, AnAnchorWithoutATrustedKeyProvesNothing) {
  const auto entries = Seal(Drafts(Story()));
  const VerifyReport report = VerifyEntries(entries, {Anchor(entries)});
  EXPECT_EQ(report.verdict, Verdict::kUnanchored);
  EXPECT_FALSE(report.key_is_trusted);
  EXPECT_EQ(report.key, TestVerifierKey()) << "the key that the genesis names";
}

TEST(VerifierTest, AnotherTrustedKeyIsTheWrongKey) {
  const auto entries = Seal(Drafts(Story()));
  ExpectFirst(VerifyEntries(entries, {Anchor(entries)}, TestVerifierKey(2)), Verdict::kWrongKey, 0, "key");
}

TEST(VerifierTest, ACheckpointByAnotherKeyIsTheWrongKey) {
  const auto entries = Seal(Drafts(Story()));
  ExpectFirst(VerifyEntries(entries, {Anchor(entries, 2)}, TestVerifierKey()), Verdict::kWrongKey, std::nullopt, "key");
}

TEST(VerifierTest, AChangedSignatureIsTampering) {
  const auto entries = Seal(Drafts(Story()));
  CheckpointInput anchor = Anchor(entries);
  char& digit = anchor.note[anchor.note.size() - 10];
  digit = digit == 'A' ? 'B' : 'A';
  EXPECT_EQ(VerifyEntries(entries, {anchor}, TestVerifierKey()).verdict, Verdict::kTampered);
}

TEST(VerifierTest, EveryChangedBitIsCaughtAtItsEntry) {
  const auto entries = Seal(Drafts(Story()));
  ASSERT_EQ(entries.size(), 6u);
  const CheckpointInput stored = Stored(entries);
  for (size_t seq = 0; seq < entries.size(); ++seq) {
    for (size_t bit = 0; bit < 8 * entries[seq].size(); ++bit) {
      std::vector<std::string> changed = entries;
      changed[seq][bit / 8] = static_cast<char>(changed[seq][bit / 8] ^ (1 << bit % 8));
      const VerifyReport report = VerifyEntries(changed, {stored}, TestVerifierKey());
      ASSERT_FALSE(IsPass(report.verdict)) << "entry " << seq << " bit " << bit;
      // A wrong origin or key in the genesis makes every signature a stranger's, which is reported, too.
      ASSERT_EQ(report.verdict, Verdict::kTampered) << "entry " << seq << " bit " << bit;
      // A changed link to the entry before may as well be a change of that one, so both are named. The last entry has
      // no successor to say which one it was: only the tree knows, for everything since the last root.
      ASSERT_LE(report.failures[0].seq, seq) << "entry " << seq << " bit " << bit;
      const bool named = std::any_of(report.failures.begin(), report.failures.end(),
                                     [&](const VerifyFailure& f) { return f.seq == seq && f.check != "tree"; });
      ASSERT_TRUE(named || seq + 1 == entries.size()) << "entry " << seq << " bit " << bit;
    }
  }
}

TEST(VerifierTest, ADeletedEntryIsNamed) {
  const auto entries = Seal(Drafts(Story()));
  for (uint64_t seq = 0; seq + 1 < entries.size(); ++seq) {
    Verifier verifier(TestVerifierKey(), {Stored(entries)});
    for (uint64_t stored = 0; stored < entries.size(); ++stored) {
      if (stored != seq) verifier.Add(stored, PrepareEntry(entries[stored]));
    }
    ExpectFirst(verifier.Finish(), Verdict::kTampered, seq, "sequence");
  }
}

TEST(VerifierTest, ADeletedEntryWhoseSuccessorsMovedUpIsNamed) {
  const auto entries = Seal(Drafts(Story()));
  for (uint64_t seq = 1; seq + 1 < entries.size(); ++seq) {
    const VerifyReport report = VerifyEntries(Without(entries, seq), {}, TestVerifierKey());
    EXPECT_EQ(report.verdict, Verdict::kTampered);
    EXPECT_EQ(report.failures[0].seq, seq);
  }
}

TEST(VerifierTest, SwappedEntriesAreNamed) {
  auto entries = Seal(Drafts(Story()));
  std::swap(entries[2], entries[3]);
  const VerifyReport report = VerifyEntries(entries);
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_TRUE(std::any_of(report.failures.begin(), report.failures.end(),
                          [](const VerifyFailure& f) { return f.seq == 2u && f.check == "sequence"; }));
}

TEST(VerifierTest, ARepeatedEntryIsNamed) {
  auto entries = Seal(Drafts(Story()));
  entries.push_back(entries.back());
  const VerifyReport report = VerifyEntries(entries);
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_TRUE(std::any_of(report.failures.begin(), report.failures.end(),
                          [](const VerifyFailure& f) { return f.seq == 6u && f.check == "sequence"; }));
}

TEST(VerifierTest, ACutTailIsTruncationAgainstACheckpoint) {
  auto entries = Seal(Drafts(Story()));
  const CheckpointInput stored = Stored(entries);
  entries.resize(4);
  ExpectFirst(VerifyEntries(entries, {stored}, TestVerifierKey()), Verdict::kTruncated, 4, "checkpoint");
  EXPECT_TRUE(IsPass(VerifyEntries(entries).verdict)) << "a chain alone cannot show a cut tail";
}

TEST(VerifierTest, NoEntriesAtAllIsTampering) { ExpectFirst(VerifyEntries({}), Verdict::kTampered, 0, "sequence"); }

// From here on: ledgers by someone who can hash everything anew, but not sign.

TEST(VerifierTest, ARewrittenEntryShowsInTheRootOfTheCheckpoint) {
  auto drafts = Drafts(Story());
  const auto entries = Seal(drafts);
  const std::vector<std::string> first_three(entries.begin(), entries.begin() + 3);
  drafts[4].transition = Encoded(Grant("e1", {Amount("gpu", 8000)}));
  const auto forged = Seal(drafts);
  EXPECT_TRUE(IsPass(VerifyEntries(forged).verdict)) << "nothing but a signature can tell";
  const VerifyReport report = VerifyEntries(forged, {Stored(entries), Stored(first_three)}, TestVerifierKey());
  ExpectFirst(report, Verdict::kTampered, 3, "tree");
  EXPECT_THAT(report.failures[0].message, HasSubstr("at or after entry 3"));
  EXPECT_EQ(report.checkpoints, 1u);
}

TEST(VerifierTest, ALedgerSignedByAnotherKeyAltogetherIsTheWrongKey) {
  auto drafts = Drafts(Story());
  drafts[0].event = Genesis{kTestOrigin, TestKey(2).public_key(), kFormatVersion, kTestStart};
  const auto forged = Seal(drafts);
  EXPECT_TRUE(IsPass(VerifyEntries(forged, {{SignedNote(forged, 2), "stored", false}}).verdict));
  ExpectFirst(VerifyEntries(forged, {{SignedNote(forged, 2), "stored", false}}, TestVerifierKey()), Verdict::kWrongKey,
              0, "key");
}

TEST(VerifierTest, ARemovedRecordLeavesAHoleInTheRevisions) {
  auto drafts = Drafts(Story());
  drafts.push_back(DraftOf(Later(Stage::kAnnotated, "e1"), kTestStart + 60 * kSecond));
  Relink(drafts);
  drafts.erase(drafts.begin() + 4);  // the grant
  const VerifyReport report = VerifyEntries(Seal(drafts));
  ExpectFirst(report, Verdict::kIncomplete, 5 - 0, "links");
}

TEST(VerifierTest, AChangedRevisionOrBackLinkIsNamed) {
  for (int change = 0; change < 6; ++change) {
    auto drafts = Drafts(Story());
    EntryHeader& header = drafts[3].header;  // admitted: revision 1, one link
    ASSERT_EQ(header.principal_links.size(), 1u);
    switch (change) {
      case 0:
        header.envelope_revision = 2;
        break;
      case 1:
        header.envelope_previous = 2;
        break;
      case 2:
        header.principal_links[0].ordinal = 2;
        break;
      case 3:
        header.principal_links[0].previous = 1;
        break;
      case 4:
        header.principal_links[0].roles = kDelegate;
        break;
      default:
        header.principal_links.clear();
        break;
    }
    ExpectFirst(VerifyEntries(Seal(drafts)), Verdict::kIncomplete, 3, "links");
  }
}

TEST(VerifierTest, ALinkTooManyIsNamed) {
  auto drafts = Drafts(Story());
  drafts[4].header.principal_links.push_back({kRequester, 0, 3, 2});
  ExpectFirst(VerifyEntries(Seal(drafts)), Verdict::kIncomplete, 4, "links");
}

TEST(VerifierTest, AnIllegalMoveIsNamedThoughEverythingIsRelinked) {
  auto drafts = Drafts(Story());
  std::swap(drafts[3], drafts[4]);  // granted before it was admitted
  std::swap(drafts[3].header.recorded_at, drafts[4].header.recorded_at);
  Relink(drafts);
  ExpectFirst(VerifyEntries(Seal(drafts)), Verdict::kTampered, 3, "lifecycle");
}

TEST(VerifierTest, ARemovedFirstRecordIsNamed) {
  auto drafts = Drafts(Story());
  drafts.erase(drafts.begin() + 1);
  Relink(drafts);
  ExpectFirst(VerifyEntries(Seal(drafts)), Verdict::kTampered, 2, "lifecycle");
}

TEST(VerifierTest, TimeGoingBackIsNamed) {
  auto drafts = Drafts(Story());
  drafts[2].header.recorded_at = kTestStart - 1;
  ExpectFirst(VerifyEntries(Seal(drafts)), Verdict::kTampered, 2, "time");
}

TEST(VerifierTest, ASecondGenesisOrNoneIsNamed) {
  auto drafts = Drafts(Story());
  drafts.push_back(drafts[0]);
  drafts.back().header.recorded_at = kTestStart + 60 * kSecond;
  ExpectFirst(VerifyEntries(Seal(drafts)), Verdict::kTampered, 6, "form");
  drafts = Drafts(Story());
  drafts.erase(drafts.begin());
  Relink(drafts);
  ExpectFirst(VerifyEntries(Seal(drafts)), Verdict::kTampered, 0, "form");
}

TEST(VerifierTest, AnEntryThatIsNoneIsNamedAndTheRestStillChecked) {
  auto entries = Seal(Drafts(Story()));
  entries[2] = "not an entry";
  const VerifyReport report = VerifyEntries(entries);
  EXPECT_EQ(report.verdict, Verdict::kTampered);
  EXPECT_EQ(report.failures[0].seq, 2u);
  EXPECT_EQ(report.entries, entries.size());
}

TEST(VerifierTest, ListsOnlyTheFirstFailuresButCountsAll) {
  auto drafts = Drafts({});
  for (int i = 0; i < 300; ++i) {
    drafts.push_back(DraftOf(Closed{"x"}, kTestStart - i));  // each before the last
  }
  const VerifyReport report = VerifyEntries(Seal(drafts));
  EXPECT_EQ(report.failures.size(), VerifyReport::kMaxFailures);
  EXPECT_EQ(report.failure_count, 299u);
}

TEST(VerifierTest, FailuresOfIndexesMakeItIncomplete) {
  Verifier verifier(std::nullopt, {});
  const auto entries = Seal(Drafts(Story()));
  for (uint64_t seq = 0; seq < entries.size(); ++seq) verifier.Add(seq, PrepareEntry(entries[seq]));
  const VerifyReport report = verifier.Finish({{3, "index", "lacks a key", Verdict::kIncomplete}});
  ExpectFirst(report, Verdict::kIncomplete, 3, "index");
}

TEST(VerifierTest, AFailureFoundBesideTheLedgerIsCountedAndMayWorsenTheVerdict) {
  VerifyReport report = VerifyEntries(Seal(Drafts(WholeStory("env", "alice"))));
  ASSERT_EQ(report.verdict, Verdict::kUnanchored);
  AddFailure(report, {std::nullopt, "timestamp", "by a stranger", Verdict::kWrongKey});
  EXPECT_EQ(report.verdict, Verdict::kWrongKey);
  AddFailure(report, {std::nullopt, "timestamp", "changed", Verdict::kTampered});
  AddFailure(report, {std::nullopt, "timestamp", "by a stranger", Verdict::kWrongKey});
  EXPECT_EQ(report.verdict, Verdict::kTampered) << "the worst stays";
  EXPECT_EQ(report.failures.size(), 3u);
  for (size_t i = 0; i < VerifyReport::kMaxFailures; ++i) AddFailure(report, report.failures.front());
  EXPECT_EQ(report.failures.size(), VerifyReport::kMaxFailures);
  EXPECT_EQ(report.failure_count, VerifyReport::kMaxFailures + 3);
}

}  // namespace
}  // namespace envledger
