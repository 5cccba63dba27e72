// The rules of trust, one by one, and beside those of `verify`.
#include "ledger/evidence/proof_checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/chain/subset_proof.h"
#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kRotatedAt = 4;  // the entry
constexpr uint64_t kSize = 7;

// A ledger whose entry 4 rotates from key 1 to key 2.
std::vector<std::string> Rotated() {
  std::vector<Draft> drafts = Drafts({Opening("a"), Opening("b"), Opening("c"), Opening("d"), Opening("e")});
  drafts.insert(drafts.begin() + kRotatedAt,
                DraftOf(MakeRotation(kTestOrigin, TestKey(1), TestKey(2)), drafts[kRotatedAt - 1].header.recorded_at));
  Relink(drafts);
  return Seal(drafts);
}

KeyHistory HistoryOf(const std::vector<std::string>& entries) {
  EntryHeader header;
  KeyHistory keys = *KeyHistory::From(*GenesisOf(entries[0], &header), 0);
  for (const std::string& bytes : entries) {
    const EntryView entry = *CheckEntry(bytes);
    if (!entry.event || !std::holds_alternative<KeyRotated>(*entry.event)) continue;
    const Status added = AddRotation(entry, keys);
    EXPECT_TRUE(added.ok()) << added.ToString();
  }
  return keys;
}

class ProofCheckerTest : public ::testing::Test {
 protected:
  std::vector<std::string> First(uint64_t size) const { return {entries_.begin(), entries_.begin() + size}; }
  Checkpoint At(uint64_t size) const { return {kTestOrigin, size, RootOf(First(size))}; }
  static std::string Note(const Checkpoint& checkpoint, const std::vector<char>& seeds) {
    std::vector<SigningKey> keys;
    for (const char seed : seeds) keys.push_back(TestKey(seed));
    std::vector<NoteSigner> signers;
    for (size_t i = 0; i < seeds.size(); ++i) signers.push_back({TestVerifierKey(seeds[i]), &keys[i]});
    return SignNote(FormatCheckpoint(checkpoint), signers);
  }
  std::string NoteOf(uint64_t size, const std::vector<char>& seeds) const { return Note(At(size), seeds); }

  GrowthProofs Growth() const {
    return [this](uint64_t older, uint64_t newer) { return ConsistencyProof(older, newer, SubtreesOf(entries_)); };
  }
  Result<CheckedTree> Open(const std::string& note, TrustPolicy policy, const GrowthProofs& growth = {}) const {
    ENVLEDGER_ASSIGN_OR_RETURN(ProofChecker checker, ProofChecker::Make(std::move(policy)));
    if (checker.NeedsHistory()) ENVLEDGER_RETURN_IF_ERROR(checker.LearnHistory(HistoryOf(entries_)));
    return checker.Open(note, growth);
  }
  CheckedTree MustOpen(const std::string& note, TrustPolicy policy) const {
    auto tree = Open(note, std::move(policy));
    EXPECT_TRUE(tree.ok()) << tree.status().ToString();
    return *std::move(tree);
  }
  void ExpectRefused(const Result<CheckedTree>& tree, const std::string& why) const {
    ASSERT_FALSE(tree.ok()) << why;
    EXPECT_EQ(tree.status().code(), Code::kCorruption) << tree.status().ToString();
    EXPECT_THAT(tree.status().message(), HasSubstr(why));
  }

  const std::vector<std::string> entries_ = Rotated();
};

TEST_F(ProofCheckerTest, ARuleThatNeedsAKeyIsRefusedWithoutOneAndTheOtherWayRound) {
  for (const KeyRule rule : {KeyRule::kTheKey, KeyRule::kTheKeyOrLater}) {
    EXPECT_EQ(ProofChecker::Make({rule, std::nullopt, {}}).status().code(), Code::kInvalidArgument);
  }
  EXPECT_EQ(ProofChecker::Make({KeyRule::kLedgersOwn, TestVerifierKey(), {}}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ProofChecker::Make(TrustPolicy()).status().code(), Code::kInvalidArgument) << "nothing is trusted unsaid";
}

TEST_F(ProofCheckerTest, OneKeyMustHaveSignedItselfWhateverRotationsThereAre) {
  EXPECT_TRUE(Open(NoteOf(3, {1}), TrustKey(TestVerifierKey(1))).ok());
  EXPECT_TRUE(Open(NoteOf(7, {2}), TrustKey(TestVerifierKey(2))).ok());
  ExpectRefused(Open(NoteOf(7, {2}), TrustKey(TestVerifierKey(1))),
                "is not signed by " + FormatVerifierKey(TestVerifierKey(1)));
  ExpectRefused(Open(NoteOf(3, {1}), TrustKey(TestVerifierKey(2))), "is not signed by");
}

TEST_F(ProofCheckerTest, ANoteByTwoKeysOpensByEitherAndSaysByWhich) {
  for (const char key : {1, 2}) {
    EXPECT_EQ(MustOpen(NoteOf(kRotatedAt, {1, 2}), TrustKey(TestVerifierKey(key))).signer(), TestVerifierKey(key));
    EXPECT_EQ(MustOpen(NoteOf(kRotatedAt, {1, 2}), TrustKeyOrLater(TestVerifierKey(key))).signer(), TestVerifierKey(1))
        << "the key in force at its size";
  }
}

TEST_F(ProofCheckerTest, WithoutAKeyTheLedgersOwnHistoryDecides) {
  EXPECT_EQ(MustOpen(NoteOf(3, {1}), TrustTheLedgerItself()).signer(), TestVerifierKey(1));
  EXPECT_EQ(MustOpen(NoteOf(7, {2}), TrustTheLedgerItself()).signer(), TestVerifierKey(2));
  ExpectRefused(Open(NoteOf(7, {1}), TrustTheLedgerItself()), "the key that the ledger had at that size");
}

TEST_F(ProofCheckerTest, AKeyThatTheLedgerNeverHadVouchesForNothing) {
  ExpectRefused(Open(NoteOf(7, {2, 3}), TrustKeyOrLater(TestVerifierKey(3))), "is not one of its keys");
}

TEST_F(ProofCheckerTest, ALineThatDoesNotVerifyRefusesTheNoteWhateverOthersSay) {
  const auto with_bad_line_by = [&](char seed) {
    std::string note = NoteOf(7, {2, seed});
    char& last = note[note.size() - 10];
    last = last == 'A' ? 'B' : 'A';
    return note;
  };
  ExpectRefused(Open(with_bad_line_by(1), TrustKeyOrLater(TestVerifierKey(1))), "is forged");
  ExpectRefused(Open(with_bad_line_by(1), TrustTheLedgerItself()), "is forged");
  ExpectRefused(Open(with_bad_line_by(1), TrustKey(TestVerifierKey(1))), "is forged");
  EXPECT_TRUE(Open(with_bad_line_by(9), TrustKeyOrLater(TestVerifierKey(1))).ok()) << "a key that nobody knows";
  EXPECT_TRUE(Open(with_bad_line_by(9), TrustKey(TestVerifierKey(2))).ok());
}

TEST_F(ProofCheckerTest, WhatIsNoCheckpointOfTheLedgerIsRefused) {
  const Checkpoint stranger{"other.example", 7, At(7).root};
  for (const TrustPolicy& policy : {TrustKey(TestVerifierKey(2)), TrustKeyOrLater(TestVerifierKey(2))}) {
    ExpectRefused(Open("no note", policy), "is malformed");
    ExpectRefused(Open(Note(stranger, {2}), policy), "belongs to \"other.example\"");
    ExpectRefused(Open(Note({kTestOrigin, 0, At(7).root}, {1, 2}), policy), "has another root than an empty tree");
  }
}

// Who has stolen the key of before takes the rotation, which is public, and writes the time before it as he likes.
TEST_F(ProofCheckerTest, AnEarlierKeyAloneDoesNotSpeakForALaterOne) {
  ExpectRefused(Open(NoteOf(3, {1}), TrustKeyOrLater(TestVerifierKey(2))), "is only signed by keys that came before");
  EXPECT_TRUE(Open(NoteOf(3, {1, 2}), TrustKeyOrLater(TestVerifierKey(2))).ok());
  EXPECT_TRUE(Open(NoteOf(7, {2}), TrustKeyOrLater(TestVerifierKey(1))).ok()) << "a later key speaks for an earlier";
}

// Every size, every set of signers, every key: what --prove believes is what verify believes.
TEST_F(ProofCheckerTest, BelievesWhatVerifyBelieves) {
  int believed = 0;
  for (uint64_t size = 1; size <= kSize; ++size) {
    for (const std::vector<char>& signers :
         {std::vector<char>{1}, {2}, {3}, {1, 2}, {2, 1}, {1, 3}, {2, 3}, {1, 2, 3}}) {
      for (const char trusted : {1, 2, 3}) {
        const std::string note = NoteOf(size, signers);
        const VerifyReport report = VerifyEntries(entries_, {{note, "kept", true}}, TestVerifierKey(trusted));
        EXPECT_EQ(Open(note, TrustKeyOrLater(TestVerifierKey(trusted))).ok(), report.verdict == Verdict::kValid)
            << size << " entries, " << signers.size() << " signers from " << int{signers[0]} << " on, key "
            << int{trusted} << ": " << Name(report.verdict);
        believed += report.verdict == Verdict::kValid ? 1 : 0;
      }
    }
  }
  EXPECT_GT(believed, 30);
}

TEST_F(ProofCheckerTest, AKeptCheckpointOfTheSameSizeMustHaveTheSameRoot) {
  TrustPolicy policy = TrustKey(TestVerifierKey(1));
  policy.kept = {{NoteOf(3, {1}) + "\u2014 witness AAAAAAAA\n", "in a drawer"}};
  EXPECT_TRUE(Open(NoteOf(3, {1}), policy).ok()) << "further signatures may differ";
  ExpectRefused(Open(Note({kTestOrigin, 3, At(2).root}, {1}), policy),
                "does not agree with the checkpoint kept in a drawer: they have different roots over 3 entries");
}

TEST_F(ProofCheckerTest, AKeptCheckpointOfAnotherSizeNeedsAProofThatOneContinuesTheOther) {
  for (const auto& [kept, size] : std::vector<std::pair<uint64_t, uint64_t>>{{2, 3}, {3, 2}, {1, 4}, {4, 1}}) {
    TrustPolicy policy = TrustKey(TestVerifierKey(1));
    policy.kept = {{NoteOf(kept, {1}), "in a drawer"}};
    EXPECT_TRUE(Open(NoteOf(size, {1}), policy, Growth()).ok()) << kept << " " << size;
    ExpectRefused(Open(NoteOf(size, {1}), policy), "there is no proof that the larger one extends the smaller one");
    ExpectRefused(Open(Note({kTestOrigin, size, At(7).root}, {1}), policy, Growth()), "does not agree with");
    const GrowthProofs silent = [](uint64_t, uint64_t) -> Result<Proof> { return Unavailable("nobody answers"); };
    EXPECT_EQ(Open(NoteOf(size, {1}), policy, silent).status().code(), Code::kUnavailable);
  }
}

TEST_F(ProofCheckerTest, EveryKeptCheckpointCounts) {
  TrustPolicy policy = TrustKey(TestVerifierKey(1));
  policy.kept = {{NoteOf(3, {1}), "in a drawer"}, {Note({kTestOrigin, 3, At(2).root}, {1}), "on a stick"}};
  ExpectRefused(Open(NoteOf(3, {1}), policy), "kept on a stick");
}

TEST_F(ProofCheckerTest, AKeptCheckpointMustBeSignedAsTheRuleSays) {
  TrustPolicy policy = TrustKey(TestVerifierKey(1));
  policy.kept = {{NoteOf(3, {2}), "in a drawer"}};
  ExpectRefused(Open(NoteOf(3, {1}), policy), "the checkpoint kept in a drawer, which is not signed by");
  policy.kept = {{"no note", "in a drawer"}};
  ExpectRefused(Open(NoteOf(3, {1}), policy), "kept in a drawer, which is malformed");
  // The auditor has kept it himself: that the key of its time has signed is enough.
  policy = TrustKeyOrLater(TestVerifierKey(2));
  policy.kept = {{NoteOf(3, {1}), "in a drawer"}};
  EXPECT_TRUE(Open(NoteOf(7, {2}), policy, Growth()).ok());
  policy.kept = {{NoteOf(3, {2}), "in a drawer"}};
  ExpectRefused(Open(NoteOf(7, {2}), policy, Growth()), "the key that the ledger had at that size");
}

TEST_F(ProofCheckerTest, ATreeHoldsItsLeavesInTheirPlacesAndNoOthers) {
  const CheckedTree tree = MustOpen(NoteOf(kSize, {2}), TrustKey(TestVerifierKey(2)));
  for (uint64_t seq = 0; seq < kSize; ++seq) {
    const Proof hashes = *InclusionProof(seq, kSize, SubtreesOf(entries_));
    EXPECT_TRUE(tree.Covers(seq));
    EXPECT_TRUE(tree.Holds(seq, LeafHash(entries_[seq]), hashes).ok());
    const uint64_t other = (seq + 1) % kSize;
    EXPECT_EQ(tree.Holds(seq, LeafHash(entries_[other]), hashes).code(), Code::kCorruption);
    EXPECT_EQ(tree.Holds(other, LeafHash(entries_[seq]), hashes).code(), Code::kCorruption);
  }
  EXPECT_FALSE(tree.Covers(kSize));
  EXPECT_THAT(tree.Holds(kSize, LeafHash(entries_[0]), {}).message(), HasSubstr("it has no entry 7"));
}

TEST_F(ProofCheckerTest, ATreeHoldsManyLeavesAtOnce) {
  const CheckedTree tree = MustOpen(NoteOf(kSize, {2}), TrustKey(TestVerifierKey(2)));
  const std::vector<uint64_t> seqs = {1, 2, 5};
  const auto nodes =
      SubsetProof(seqs, kSize, [this](uint64_t seq) { return InclusionProof(seq, kSize, SubtreesOf(entries_)); });
  ASSERT_TRUE(nodes.ok());
  std::vector<std::pair<uint64_t, Hash>> leaves;
  for (const uint64_t seq : seqs) leaves.emplace_back(seq, LeafHash(entries_[seq]));
  EXPECT_TRUE(tree.HoldsAll(leaves, *nodes).ok());
  std::swap(leaves[0].second, leaves[1].second);
  EXPECT_THAT(tree.HoldsAll(leaves, *nodes).message(), HasSubstr("the entries and nodes give the root"));
  EXPECT_EQ(tree.HoldsAll({}, *nodes).code(), Code::kCorruption);
  EXPECT_EQ(tree.HoldsAll(leaves, {}).code(), Code::kCorruption);
}

TEST_F(ProofCheckerTest, NothingIsTheBeginningOfEveryTree) {
  const CheckedTree tree = MustOpen(NoteOf(kSize, {2}), TrustKey(TestVerifierKey(2)));
  EXPECT_TRUE(tree.IsOneLedgerWith(0, EmptyRoot(), {}).ok());
  EXPECT_EQ(tree.IsOneLedgerWith(0, At(1).root, {}).code(), Code::kCorruption);
  const CheckedTree empty = MustOpen(Note({kTestOrigin, 0, EmptyRoot()}, {1}), TrustKey(TestVerifierKey(1)));
  EXPECT_TRUE(empty.IsOneLedgerWith(kSize, At(kSize).root, {}).ok());
}

TEST_F(ProofCheckerTest, AnEntryMustSayThatItIsTheOneAtItsPlace) {
  EXPECT_TRUE(EntryAt(3, entries_[3]).ok());
  EXPECT_EQ(EntryAt(2, entries_[3]).status().message(), "entry 2 says that its seq is 3");
  EXPECT_THAT(EntryAt(2, "bytes").status().message(), HasSubstr("entry 2 is not an entry of a ledger"));
}

TEST_F(ProofCheckerTest, NothingIsOpenedBeforeAHistoryIsKnownWhereTheRuleIsAboutIt) {
  const auto checker = ProofChecker::Make(TrustTheLedgerItself());
  ASSERT_TRUE(checker.ok());
  EXPECT_TRUE(checker->NeedsHistory());
  EXPECT_EQ(checker->Open(NoteOf(3, {1}), {}).status().code(), Code::kInternal);
}

}  // namespace
}  // namespace envledger
