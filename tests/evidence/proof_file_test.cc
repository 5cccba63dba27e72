// Proof files: every change of what they hold, or of what they are held against, is found.
#include "ledger/evidence/proof_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/chain/tlog_proof.h"
#include "ledger/files/file.h"
#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/paths.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

const TrustPolicy kTrust = TrustKey(TestVerifierKey());

// Some entries, and what can be signed and proven of the first of them.
class Log {
 public:
  explicit Log(uint64_t size) : entries_(SealedStories(size)) {}

  const std::string& entry(uint64_t seq) const { return entries_[seq]; }
  Hash Root(uint64_t size) const { return *RootAt(size, SubtreesOf(entries_)); }
  std::string Note(uint64_t size, char seed = 1, const std::string& extensions = "") const {
    const SigningKey key = TestKey(seed);
    return SignNote(FormatCheckpoint({kTestOrigin, size, Root(size)}) + extensions, {{TestVerifierKey(seed), &key}});
  }
  TlogProof Inclusion(uint64_t seq, uint64_t size) const {
    return {std::nullopt, seq, *InclusionProof(seq, size, SubtreesOf(entries_)), Note(size)};
  }
  AddCheckpoint Growth(uint64_t old_size, uint64_t size) const {
    const Proof hashes = old_size == 0 ? Proof{} : *ConsistencyProof(old_size, size, SubtreesOf(entries_));
    return {old_size, hashes, Note(size)};
  }

 private:
  const std::vector<std::string> entries_;
};

Status Checked(const TlogProof& proof, const std::string& entry, const TrustPolicy& policy = kTrust) {
  return CheckInclusionFile(FormatTlogProof(proof), entry, policy).status();
}
Status Checked(const AddCheckpoint& body, const std::string& old_note) {
  return CheckConsistencyFile(FormatAddCheckpoint(body), old_note, kTrust, kTrust).status();
}

std::string SignedByTestKey(const Checkpoint& checkpoint) {
  const SigningKey key = TestKey();
  return SignNote(FormatCheckpoint(checkpoint), {{TestVerifierKey(), &key}});
}

TEST(InclusionFile, HoldsForEveryEntryOfEveryTreeAndForNoOtherEntry) {
  const Log log(12);
  for (uint64_t size = 1; size <= 12; ++size) {
    for (uint64_t seq = 0; seq < size; ++seq) {
      const TlogProof proof = log.Inclusion(seq, size);
      const auto proven = CheckInclusionFile(FormatTlogProof(proof), log.entry(seq), kTrust);
      ASSERT_TRUE(proven.ok()) << seq << " of " << size << ": " << proven.status().ToString();
      EXPECT_EQ(proven->tree.checkpoint(), (Checkpoint{kTestOrigin, size, log.Root(size)}));
      EXPECT_EQ(proven->seq, seq);
      EXPECT_EQ(proven->leaf_hash, LeafHash(log.entry(seq)));
      EXPECT_EQ(proven->entry.header.seq, seq);
      EXPECT_EQ(Checked(proof, log.entry((seq + 1) % 12)).code(), Code::kCorruption);
    }
  }
}

TEST(InclusionFile, AMissingOrExtraHashDoesNotHold) {
  const Log log(7);
  const TlogProof good = log.Inclusion(3, 7);
  for (size_t at = 0; at < good.hashes.size(); ++at) {
    TlogProof missing = good;
    missing.hashes.erase(missing.hashes.begin() + static_cast<ptrdiff_t>(at));
    EXPECT_EQ(Checked(missing, log.entry(3)).code(), Code::kCorruption) << at;
  }
  for (size_t at = 0; at <= good.hashes.size(); ++at) {
    TlogProof extra = good;
    extra.hashes.insert(extra.hashes.begin() + static_cast<ptrdiff_t>(at), LeafHash(log.entry(0)));
    EXPECT_EQ(Checked(extra, log.entry(3)).code(), Code::kCorruption) << at;
  }
}

TEST(InclusionFile, AnIndexOutsideOfTheTreeOrOfAnotherLeafDoesNotHold) {
  const Log log(7);
  for (const uint64_t index : {uint64_t{0}, uint64_t{2}, uint64_t{4}, uint64_t{7}, uint64_t{8}, UINT64_MAX}) {
    TlogProof proof = log.Inclusion(3, 7);
    proof.index = index;
    const Status status = Checked(proof, log.entry(3));
    EXPECT_EQ(status.code(), Code::kCorruption) << index;
    if (index >= 7) {
      EXPECT_THAT(status.message(), HasSubstr("covers 7 entries: it has no entry"));
    }
  }
}

TEST(InclusionFile, TheCheckpointMustBeOfTheKeyAndItsOrigin) {
  const Log log(4);
  TlogProof proof = log.Inclusion(1, 4);
  EXPECT_THAT(Checked(proof, log.entry(1), TrustKey(TestVerifierKey(2))).message(),
              HasSubstr("the checkpoint is not signed by"));
  const SigningKey key = TestKey();
  const VerifierKey other = *MakeVerifierKey("other.example/log", key.public_key());
  EXPECT_EQ(Checked(proof, log.entry(1), TrustKey(other)).code(), Code::kCorruption) << "the same key, another name";

  proof.checkpoint = SignedByTestKey({"other.example/log", 4, log.Root(4)});
  EXPECT_THAT(Checked(proof, log.entry(1)).message(), HasSubstr("belongs to \"other.example/log\""));

  proof.checkpoint = log.Note(4);
  proof.checkpoint[proof.checkpoint.find("\n4\n") + 1] = '5';
  EXPECT_THAT(Checked(proof, log.entry(1)).message(), HasSubstr("is forged")) << "another size than was signed";
}

TEST(InclusionFile, UnknownSignaturesAndExtensionLinesAreNoObstacle) {
  const Log log(4);
  TlogProof proof = log.Inclusion(1, 4);
  proof.checkpoint = log.Note(4, 1, "an extension\nand another\n");
  for (size_t i = 1; i < kMaxNoteSignatures; ++i) {
    proof.checkpoint += "\u2014 witness" + std::to_string(i) + " AAAAAAAA\n";
  }
  EXPECT_TRUE(Checked(proof, log.entry(1)).ok());
  proof.checkpoint += "\u2014 witness16 AAAAAAAA\n";
  EXPECT_THAT(Checked(proof, log.entry(1)).message(), HasSubstr("more than 16 signatures"));
}

TEST(InclusionFile, AMalformedCheckpointIsRefused) {
  const Log log(4);
  const std::string good = log.Note(4);
  std::string crlf;
  for (const char c : good) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  std::string zeros = good;
  zeros.insert(zeros.find("\n4\n") + 1, "0");
  const SigningKey key = TestKey();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {crlf, "control character 0x0d"},
      {good.substr(0, good.size() - 1), "does not end in a newline"},
      {"note\n", "no blank line"},
      {zeros, "not a plain decimal"},
      {SignNote(zeros.substr(0, zeros.find("\n\n") + 1), {{TestVerifierKey(), &key}}), "not a plain decimal"},
  };
  for (const auto& [note, why] : cases) {
    TlogProof proof = log.Inclusion(1, 4);
    proof.checkpoint = note;
    const Status status = Checked(proof, log.entry(1));
    EXPECT_EQ(status.code(), Code::kCorruption) << why;
    EXPECT_THAT(status.message(), HasSubstr(why));
  }
}

TEST(InclusionFile, AFileThatIsNoProofIsNamedWithItsLine) {
  const Status status = CheckInclusionFile("c2sp.org/tlog-proof@v1\nindex 00\n\nc\n", "", kTrust).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("line 2"));
}

TEST(InclusionFile, EveryChangedBitIsFound) {
  const Log log(5);
  const std::string good = FormatTlogProof(log.Inclusion(2, 5));
  ASSERT_TRUE(CheckInclusionFile(good, log.entry(2), kTrust).ok());
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string changed = good;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(CheckInclusionFile(changed, log.entry(2), kTrust).ok()) << "byte " << bit / 8 << " bit " << bit % 8;
  }
}

TEST(InclusionFile, NoFileHoldsAHistoryOfKeys) {
  const Log log(4);
  for (const TrustPolicy& policy : {TrustKeyOrLater(TestVerifierKey()), TrustTheLedgerItself()}) {
    EXPECT_EQ(Checked(log.Inclusion(1, 4), log.entry(1), policy).code(), Code::kInvalidArgument);
  }
}

TEST(InclusionFile, AKeptCheckpointMustBeTheSame) {
  const Log log(6);
  TrustPolicy policy = kTrust;
  policy.kept = {{log.Note(4), "in a drawer"}};
  EXPECT_TRUE(Checked(log.Inclusion(1, 4), log.entry(1), policy).ok());
  EXPECT_THAT(Checked(log.Inclusion(1, 6), log.entry(1), policy).message(),
              HasSubstr("kept in a drawer: one covers 4 entries, the other 6"));
  policy.kept = {{SignedByTestKey({kTestOrigin, 4, log.Root(5)}), "in a drawer"}};
  EXPECT_THAT(Checked(log.Inclusion(1, 4), log.entry(1), policy).message(), HasSubstr("different roots"));
}

TEST(ConsistencyFile, HoldsBetweenAnyTwoSizes) {
  const Log log(12);
  for (uint64_t size = 0; size <= 12; ++size) {
    for (uint64_t old_size = 0; old_size <= size; ++old_size) {
      const auto both =
          CheckConsistencyFile(FormatAddCheckpoint(log.Growth(old_size, size)), log.Note(old_size), kTrust, kTrust);
      ASSERT_TRUE(both.ok()) << old_size << " to " << size << ": " << both.status().ToString();
      EXPECT_EQ(both->older.checkpoint().size, old_size);
      EXPECT_EQ(both->newer.checkpoint().size, size);
    }
  }
}

TEST(ConsistencyFile, AnotherOldCheckpointDoesNotHold) {
  const Log log(9);
  const AddCheckpoint body = log.Growth(4, 9);
  EXPECT_TRUE(Checked(body, log.Note(4)).ok());
  const Status other_size = Checked(body, log.Note(5));
  EXPECT_EQ(other_size.code(), Code::kCorruption);
  EXPECT_THAT(other_size.message(), HasSubstr("from 4 entries, but the old checkpoint covers 5"));

  const std::string other_root = SignedByTestKey({kTestOrigin, 4, log.Root(5)});
  EXPECT_EQ(Checked(body, other_root).code(), Code::kCorruption);
  EXPECT_EQ(Checked({4, {}, log.Note(4)}, other_root).code(), Code::kCorruption) << "two roots of one size";
  EXPECT_THAT(Checked({4, {}, log.Note(3)}, log.Note(4)).message(), HasSubstr("fewer than the old one with 4"));
}

TEST(ConsistencyFile, WhereNothingIsToBeProvenNothingMayStand) {
  const Log log(9);
  const Proof hashes = log.Growth(4, 9).hashes;
  EXPECT_THAT(Checked({0, hashes, log.Note(9)}, log.Note(0)).message(), HasSubstr("must be empty"));
  EXPECT_THAT(Checked({9, hashes, log.Note(9)}, log.Note(9)).message(), HasSubstr("must be empty"));
  const std::string no_such_root = SignedByTestKey({kTestOrigin, 0, log.Root(1)});
  EXPECT_EQ(Checked({0, {}, log.Note(9)}, no_such_root).code(), Code::kCorruption);
  EXPECT_EQ(Checked({0, {}, no_such_root}, log.Note(0)).code(), Code::kCorruption);
}

TEST(ConsistencyFile, AMissingOrExtraHashDoesNotHold) {
  const Log log(7);
  const AddCheckpoint good = log.Growth(3, 7);
  for (size_t at = 0; at < good.hashes.size(); ++at) {
    AddCheckpoint missing = good;
    missing.hashes.erase(missing.hashes.begin() + static_cast<ptrdiff_t>(at));
    EXPECT_EQ(Checked(missing, log.Note(3)).code(), Code::kCorruption) << at;
    AddCheckpoint extra = good;
    extra.hashes.insert(extra.hashes.begin() + static_cast<ptrdiff_t>(at), LeafHash(log.entry(0)));
    EXPECT_EQ(Checked(extra, log.Note(3)).code(), Code::kCorruption) << at;
  }
}

TEST(ConsistencyFile, BothSignaturesAreRequiredAndTheOldOneMayBeByAnOlderKey) {
  const Log log(6);
  AddCheckpoint body = log.Growth(4, 6);
  EXPECT_THAT(Checked(body, log.Note(4, 2)).message(), HasSubstr("the old checkpoint is not signed by"));
  EXPECT_TRUE(
      CheckConsistencyFile(FormatAddCheckpoint(body), log.Note(4, 2), TrustKey(TestVerifierKey(2)), kTrust).ok());
  body.checkpoint = log.Note(6, 2);
  EXPECT_THAT(Checked(body, log.Note(4)).message(), HasSubstr("the new checkpoint is not signed by"));
}

TEST(ConsistencyFile, TwoLogsOfOneKeyAreNotOneLog) {
  const Log log(6);
  const SigningKey key = TestKey();
  const VerifierKey other = *MakeVerifierKey("other.example/log", key.public_key());
  const std::string old_note = SignNote(FormatCheckpoint({other.name, 4, log.Root(4)}), {{other, &key}});
  const Status status =
      CheckConsistencyFile(FormatAddCheckpoint(log.Growth(4, 6)), old_note, TrustKey(other), kTrust).status();
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_THAT(status.message(), HasSubstr("belong to \"other.example/log\" and to"));
}

// The golden files (tests/chain/tlog_proof_test.cc makes them) hold.
TEST(GoldenProofFiles, Hold) {
  const auto stored = [](const std::string& name) {
    auto bytes = ReadFile(std::string(ENVLEDGER_SOURCE_DIR) + "/tests/data/golden/proofs/" + name, 1 << 20);
    EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
    return *std::move(bytes);
  };
  const std::string vkey = stored("vkey");
  const TrustPolicy policy = TrustKey(*ParseVerifierKey(vkey.substr(0, vkey.size() - 1)));
  const std::string entry = stored("entry-2");
  const auto proven = CheckInclusionFile(stored("2.tlog-proof"), entry, policy);
  ASSERT_TRUE(proven.ok()) << proven.status().ToString();
  EXPECT_EQ(proven->tree.checkpoint().size, 5u);
  const auto grown = CheckConsistencyFile(stored("3-5.add-checkpoint"), stored("checkpoint-3"), policy, policy);
  EXPECT_TRUE(grown.ok()) << grown.status().ToString();
}

}  // namespace
}  // namespace envledger
