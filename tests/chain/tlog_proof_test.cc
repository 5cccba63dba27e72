#include "ledger/chain/tlog_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/chain/naive_tree.h"
#include "tests/support/chain_builder.h"
#include "tests/support/paths.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

std::string NoteOver(const NaiveTree& tree, uint64_t size, char seed = 1, const std::string& extensions = "") {
  const SigningKey key = TestKey(seed);
  return SignNote(FormatCheckpoint({kTestOrigin, size, tree.Root(size)}) + extensions, {{TestVerifierKey(seed), &key}});
}

TlogProof ProofIn(const NaiveTree& tree, uint64_t index, uint64_t size) {
  return {std::nullopt, index, tree.Path(index, size), NoteOver(tree, size)};
}

AddCheckpoint GrowthOf(const NaiveTree& tree, uint64_t old_size, uint64_t size) {
  return {old_size, old_size == 0 ? Proof{} : tree.Consistency(old_size, size), NoteOver(tree, size)};
}

Status Verified(const TlogProof& proof, const Hash& leaf, const VerifierKey& key = TestVerifierKey()) {
  return VerifyTlogProof(proof, leaf, key).status();
}

Status Verified(const AddCheckpoint& body, const std::string& old_note) {
  return VerifyAddCheckpoint(body, old_note, TestVerifierKey(), TestVerifierKey()).status();
}

template <typename T>
void ExpectRefusal(const Result<T>& result, const std::string& why) {
  ASSERT_FALSE(result.ok()) << why;
  EXPECT_EQ(result.status().code(), Code::kInvalidArgument) << why;
  EXPECT_THAT(result.status().message(), HasSubstr(why));
}

const std::string kHash = Base64(std::string(32, 'h'));
const std::string kHead = "c2sp.org/tlog-proof@v1\n";

TEST(TlogProofTest, IsReadAsItIsWritten) {
  for (const size_t hashes : {0, 1, 5, 64}) {
    for (const std::optional<std::string>& extra :
         {std::optional<std::string>(), std::optional(std::string("a\0b", 3))}) {
      const TlogProof proof{extra, UINT64_MAX, Proof(hashes, *HashFrom(std::string(32, 'h'))), "any\n\nnote\n"};
      const auto parsed = ParseTlogProof(FormatTlogProof(proof));
      ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
      EXPECT_EQ(*parsed, proof);
    }
  }
}

TEST(TlogProofTest, RefusesEveryOtherSpellingNamingTheLine) {
  std::string too_many = kHead + "index 0\n";
  for (int i = 0; i < 65; ++i) too_many += kHash + "\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "line 1: the text ends where"},
      {"c2sp.org/tlog-proof@v1", "line 1: the text ends in the middle"},
      {"c2sp.org/tlog-proof@v2\nindex 0\n\nc\n", "line 1: expected \"c2sp.org/tlog-proof@v1\", not"},
      {"c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\nc\r\n", "line 1: it ends in CR LF"},
      {kHead + "index 0\r\n\nc\n", "line 2: it ends in CR LF"},
      {kHead + "index 0\n" + kHash + "\r\n\nc\n", "line 3: it ends in CR LF"},
      {kHead + "index 0\n\r\nc\n", "line 3: it ends in CR LF"},
      {kHead, "line 2: the text ends where"},
      {kHead + "index 00\n\nc\n", "line 2: expected \"index \" and a plain decimal number, not \"index 00\""},
      {kHead + "index 07\n\nc\n", "line 2: expected"},
      {kHead + "index +7\n\nc\n", "line 2: expected"},
      {kHead + "index -7\n\nc\n", "line 2: expected"},
      {kHead + "index 7 \n\nc\n", "line 2: expected"},
      {kHead + "index  7\n\nc\n", "line 2: expected"},
      {kHead + "index\n\nc\n", "line 2: expected"},
      {kHead + "Index 7\n\nc\n", "line 2: expected"},
      {kHead + "index 18446744073709551616\n\nc\n", "line 2: expected"},
      {kHead + "extra \nindex 0\n\nc\n", "line 2: the extra data is not base64, or empty"},
      {kHead + "extra YQ\nindex 0\n\nc\n", "line 2: the extra data"},
      {kHead + "extra YQ==\nextra YQ==\nindex 0\n\nc\n", "line 3: expected \"index \""},
      {kHead + "index 0\nextra YQ==\n\nc\n", "line 3: expected a hash"},
      {kHead + "extra YQ==\nindex 0\n" + kHash + "\n" + kHash.substr(4) + "\n\nc\n", "line 5: expected a hash"},
      {kHead + "index 0\n" + kHash + " \n\nc\n", "line 3: expected a hash"},
      {kHead + "index 0\n " + kHash + "\n\nc\n", "line 3: expected a hash"},
      {kHead + "index 0\n" + kHash.substr(0, 42) + "h=\n\nc\n", "line 3: expected a hash"},  // spare bits
      {kHead + "index 0\n" + kHash + "\n", "line 4: the text ends where a hash or the empty line"},
      {kHead + "index 0\n" + kHash, "line 3: the text ends in the middle"},
      {kHead + "index 0\n\n", "line 3: no checkpoint after the empty line"},
      {too_many + "\nc\n", "line 67: more than 64 hashes"},
      {kHead + "index 0\n\n" + std::string(kMaxNoteBytes + 1, 'c'), "longer than 1000000 bytes"},
      {kHead + "extra " + Base64(std::string(kMaxTlogProofExtra + 1, 'e')) + "\nindex 0\n\nc\n", "more than 65536"},
  };
  for (const auto& [text, why] : cases) ExpectRefusal(ParseTlogProof(text), why);
}

TEST(TlogProofTest, AKindIsToldByTheFirstLine) {
  EXPECT_EQ(ProofKindOf(kHead), ProofKind::kInclusion);
  EXPECT_EQ(ProofKindOf("old 7\n"), ProofKind::kConsistency);
  EXPECT_EQ(ProofKindOf("ledger.example\n7\n"), ProofKind::kUnknown);
  EXPECT_EQ(ProofKindOf(""), ProofKind::kUnknown);
}

TEST(TlogProofTest, HoldsForEveryLeafOfEveryTreeAndForNoOtherLeaf) {
  const NaiveTree tree(20);
  for (uint64_t size = 1; size <= 20; ++size) {
    for (uint64_t index = 0; index < size; ++index) {
      const auto proof = ParseTlogProof(FormatTlogProof(ProofIn(tree, index, size)));
      ASSERT_TRUE(proof.ok());
      const auto checkpoint = VerifyTlogProof(*proof, tree.leaf_hash(index), TestVerifierKey());
      ASSERT_TRUE(checkpoint.ok()) << index << " of " << size << ": " << checkpoint.status().ToString();
      EXPECT_EQ(*checkpoint, (Checkpoint{kTestOrigin, size, tree.Root(size)}));
      EXPECT_EQ(Verified(*proof, tree.leaf_hash((index + 1) % 20)).code(), Code::kCorruption);
    }
  }
}

TEST(TlogProofTest, AMissingOrExtraHashDoesNotHold) {
  const NaiveTree tree(7);
  const TlogProof good = ProofIn(tree, 3, 7);
  for (size_t at = 0; at < good.hashes.size(); ++at) {
    TlogProof missing = good;
    missing.hashes.erase(missing.hashes.begin() + static_cast<ptrdiff_t>(at));
    EXPECT_EQ(Verified(missing, tree.leaf_hash(3)).code(), Code::kCorruption) << at;
  }
  for (size_t at = 0; at <= good.hashes.size(); ++at) {
    TlogProof extra = good;
    extra.hashes.insert(extra.hashes.begin() + static_cast<ptrdiff_t>(at), tree.leaf_hash(0));
    EXPECT_EQ(Verified(extra, tree.leaf_hash(3)).code(), Code::kCorruption) << at;
  }
}

TEST(TlogProofTest, AnIndexOutsideOfTheTreeOrOfAnotherLeafDoesNotHold) {
  const NaiveTree tree(7);
  for (const uint64_t index : {uint64_t{0}, uint64_t{2}, uint64_t{4}, uint64_t{7}, uint64_t{8}, UINT64_MAX}) {
    TlogProof proof = ProofIn(tree, 3, 7);
    proof.index = index;
    const Status status = Verified(proof, tree.leaf_hash(3));
    EXPECT_EQ(status.code(), Code::kCorruption) << index;
    if (index >= 7) {
      EXPECT_THAT(status.message(), HasSubstr("over 7 entries, so none of them has the number"));
    }
  }
}

TEST(TlogProofTest, TheCheckpointMustBeOfTheKeyAndItsOrigin) {
  const NaiveTree tree(4);
  TlogProof proof = ProofIn(tree, 1, 4);
  const Hash leaf = tree.leaf_hash(1);
  EXPECT_EQ(Verified(proof, leaf, TestVerifierKey(2)).code(), Code::kNotFound);
  const SigningKey key = TestKey();
  const VerifierKey other = *MakeVerifierKey("other.example/log", key.public_key());
  EXPECT_EQ(Verified(proof, leaf, other).code(), Code::kNotFound) << "the same key under another name";

  proof.checkpoint = SignNote(FormatCheckpoint({"other.example/log", 4, tree.Root(4)}), {{TestVerifierKey(), &key}});
  const Status status = Verified(proof, leaf);
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("is of \"other.example/log\""));

  proof.checkpoint = NoteOver(tree, 4);
  proof.checkpoint[proof.checkpoint.find("\n4\n") + 1] = '5';
  EXPECT_EQ(Verified(proof, leaf).code(), Code::kCorruption) << "another size than was signed";
}

TEST(TlogProofTest, UnknownSignaturesAndExtensionLinesAreNoObstacle) {
  const NaiveTree tree(4);
  TlogProof proof = ProofIn(tree, 1, 4);
  proof.checkpoint = NoteOver(tree, 4, 1, "an extension\nand another\n");
  for (size_t i = 1; i < kMaxNoteSignatures; ++i)
    proof.checkpoint += "\u2014 witness" + std::to_string(i) + " AAAAAAAA\n";
  const auto parsed = ParseTlogProof(FormatTlogProof(proof));
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(Verified(*parsed, tree.leaf_hash(1)).ok());
  proof.checkpoint += "\u2014 witness16 AAAAAAAA\n";
  const Status seventeen = Verified(proof, tree.leaf_hash(1));
  EXPECT_EQ(seventeen.code(), Code::kInvalidArgument);
  EXPECT_THAT(seventeen.message(), HasSubstr("more than 16 signatures"));
}

TEST(TlogProofTest, AMalformedCheckpointIsRefusedWhenTheProofIsVerified) {
  const NaiveTree tree(4);
  const std::string good = NoteOver(tree, 4);
  std::string crlf;
  for (const char c : good) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  std::string zeros = good;
  zeros.insert(zeros.find("\n4\n") + 1, "0");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {crlf, "control character 0x0d"},
      {good.substr(0, good.size() - 1), "does not end in a newline"},
      {"note\n", "no blank line"},
  };
  for (const auto& [note, why] : cases) {
    TlogProof proof = ProofIn(tree, 1, 4);
    proof.checkpoint = note;
    const Status status = Verified(proof, tree.leaf_hash(1));
    EXPECT_EQ(status.code(), Code::kInvalidArgument) << why;
    EXPECT_THAT(status.message(), HasSubstr(why));
  }
  TlogProof proof = ProofIn(tree, 1, 4);
  proof.checkpoint = zeros;
  EXPECT_EQ(Verified(proof, tree.leaf_hash(1)).code(), Code::kCorruption) << "it is not what was signed";
  const SigningKey key = TestKey();
  proof.checkpoint = SignNote(zeros.substr(0, zeros.find("\n\n") + 1), {{TestVerifierKey(), &key}});
  const Status signed_zeros = Verified(proof, tree.leaf_hash(1));
  EXPECT_EQ(signed_zeros.code(), Code::kInvalidArgument);
  EXPECT_THAT(signed_zeros.message(), HasSubstr("not a plain decimal"));
}

TEST(TlogProofTest, EveryChangedBitOfTheFileIsFoundButThoseOfTheExtraData) {
  const NaiveTree tree(5);
  const std::string good = FormatTlogProof(ProofIn(tree, 2, 5));
  ASSERT_TRUE(Verified(*ParseTlogProof(good), tree.leaf_hash(2)).ok());
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string changed = good;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto parsed = ParseTlogProof(changed);
    EXPECT_FALSE(parsed.ok() && Verified(*parsed, tree.leaf_hash(2)).ok()) << "byte " << bit / 8 << " bit " << bit % 8;
  }
}

TEST(AddCheckpointTest, IsReadAsItIsWritten) {
  for (const size_t hashes : {0, 1, 63}) {
    const AddCheckpoint body{20852014, Proof(hashes, *HashFrom(std::string(32, 'h'))), "any\n\nnote\n"};
    const auto parsed = ParseAddCheckpoint(FormatAddCheckpoint(body));
    ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
    EXPECT_EQ(*parsed, body);
  }
}

TEST(AddCheckpointTest, RefusesEveryOtherSpellingNamingTheLine) {
  std::string too_many = "old 1\n";
  for (int i = 0; i < 64; ++i) too_many += kHash + "\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "line 1: the text ends where"},
      {"old 7", "line 1: the text ends in the middle"},
      {"old 07\n\nc\n", "line 1: expected \"old \" and a plain decimal number"},
      {"old 00\n\nc\n", "line 1: expected"},
      {"old -1\n\nc\n", "line 1: expected"},
      {"old  1\n\nc\n", "line 1: expected"},
      {"new 1\n\nc\n", "line 1: expected"},
      {"old 1\r\n\r\nc\r\n", "line 1: it ends in CR LF"},
      {"old 1\n" + kHash + "\n" + kHash.substr(0, 40) + "\n\nc\n", "line 3: expected a hash"},
      {"old 1\n" + kHash + "\n", "line 3: the text ends where"},
      {"old 1\n\n", "line 2: no checkpoint"},
      {too_many + "\nc\n", "line 65: more than 63 hashes"},
  };
  for (const auto& [text, why] : cases) ExpectRefusal(ParseAddCheckpoint(text), why);
}

TEST(AddCheckpointTest, HoldsBetweenAnyTwoSizes) {
  const NaiveTree tree(20);
  for (uint64_t size = 0; size <= 20; ++size) {
    for (uint64_t old_size = 0; old_size <= size; ++old_size) {
      const auto body = ParseAddCheckpoint(FormatAddCheckpoint(GrowthOf(tree, old_size, size)));
      ASSERT_TRUE(body.ok());
      const auto both = VerifyAddCheckpoint(*body, NoteOver(tree, old_size), TestVerifierKey(), TestVerifierKey());
      ASSERT_TRUE(both.ok()) << old_size << " to " << size << ": " << both.status().ToString();
      EXPECT_EQ(both->older.size, old_size);
      EXPECT_EQ(both->newer.size, size);
    }
  }
}

TEST(AddCheckpointTest, AnotherOldCheckpointDoesNotHold) {
  const NaiveTree tree(9);
  const AddCheckpoint body = GrowthOf(tree, 4, 9);
  EXPECT_TRUE(Verified(body, NoteOver(tree, 4)).ok());
  const Status other_size = Verified(body, NoteOver(tree, 5));
  EXPECT_EQ(other_size.code(), Code::kCorruption);
  EXPECT_THAT(other_size.message(), HasSubstr("from 4 entries on, but the old checkpoint is over 5"));

  const SigningKey key = TestKey();
  const auto signed_note = [&](const Checkpoint& checkpoint) {
    return SignNote(FormatCheckpoint(checkpoint), {{TestVerifierKey(), &key}});
  };
  EXPECT_EQ(Verified(body, signed_note({kTestOrigin, 4, tree.Root(5)})).code(), Code::kCorruption) << "another root";
  EXPECT_EQ(Verified({4, {}, NoteOver(tree, 4)}, signed_note({kTestOrigin, 4, tree.Root(5)})).code(), Code::kCorruption)
      << "two roots of one size";
  EXPECT_EQ(Verified({4, {}, NoteOver(tree, 3)}, NoteOver(tree, 4)).code(), Code::kCorruption) << "it shrank";
  EXPECT_EQ(Verified({0, body.hashes, NoteOver(tree, 9)}, NoteOver(tree, 0)).code(), Code::kCorruption);
  EXPECT_EQ(Verified({0, {}, NoteOver(tree, 9)}, signed_note({kTestOrigin, 0, tree.Root(1)})).code(),
            Code::kCorruption);
  EXPECT_EQ(Verified({0, {}, signed_note({kTestOrigin, 0, tree.Root(1)})}, NoteOver(tree, 0)).code(),
            Code::kCorruption);
}

TEST(AddCheckpointTest, AMissingOrExtraHashDoesNotHold) {
  const NaiveTree tree(7);
  const AddCheckpoint good = GrowthOf(tree, 3, 7);
  for (size_t at = 0; at < good.hashes.size(); ++at) {
    AddCheckpoint missing = good;
    missing.hashes.erase(missing.hashes.begin() + static_cast<ptrdiff_t>(at));
    EXPECT_EQ(Verified(missing, NoteOver(tree, 3)).code(), Code::kCorruption) << at;
    AddCheckpoint extra = good;
    extra.hashes.insert(extra.hashes.begin() + static_cast<ptrdiff_t>(at), tree.leaf_hash(0));
    EXPECT_EQ(Verified(extra, NoteOver(tree, 3)).code(), Code::kCorruption) << at;
  }
}

TEST(AddCheckpointTest, BothSignaturesAreRequiredAndTheOldOneMayBeByAnOlderKey) {
  const NaiveTree tree(6);
  AddCheckpoint body = GrowthOf(tree, 4, 6);
  const Status forged = Verified(body, NoteOver(tree, 4, 2));
  EXPECT_EQ(forged.code(), Code::kNotFound);
  EXPECT_THAT(forged.message(), HasSubstr("the old checkpoint: "));
  EXPECT_TRUE(VerifyAddCheckpoint(body, NoteOver(tree, 4, 2), TestVerifierKey(2), TestVerifierKey()).ok());
  body.checkpoint = NoteOver(tree, 6, 2);
  const Status new_forged = Verified(body, NoteOver(tree, 4));
  EXPECT_EQ(new_forged.code(), Code::kNotFound);
  EXPECT_THAT(new_forged.message(), HasSubstr("the new checkpoint: "));
}

TEST(AddCheckpointTest, TwoLogsOfOneKeyAreNotOneLog) {
  const NaiveTree tree(6);
  const SigningKey key = TestKey();
  const VerifierKey other = *MakeVerifierKey("other.example/log", key.public_key());
  const std::string old_note = SignNote(FormatCheckpoint({other.name, 4, tree.Root(4)}), {{other, &key}});
  const Status status = VerifyAddCheckpoint(GrowthOf(tree, 4, 6), old_note, other, TestVerifierKey()).status();
  EXPECT_EQ(status.code(), Code::kCorruption);
  EXPECT_THAT(status.message(), HasSubstr("are of \"other.example/log\" and of"));
}

// Golden vectors: a small ledger with a key of a fixed seed. The signatures, hashes and roots in these files were
// checked once with openssl and sha256sum alone. They are never rewritten by a test run; to look at what the code would
// write now, name a directory in ENVLEDGER_GOLDEN_OUT.
class GoldenProofs : public ::testing::Test {
 protected:
  static std::map<std::string, std::string> Made() {
    const std::vector<std::string> entries = Seal(Drafts(WholeStory("env-golden", "alice")));
    const std::vector<std::string> older(entries.begin(), entries.begin() + 3);
    std::vector<Hash> leaves;
    for (const std::string& entry : entries) leaves.push_back(LeafHash(entry));
    const SubtreeReader read = [&leaves](unsigned level, uint64_t index) -> Result<Hash> {
      Frontier frontier;
      for (uint64_t i = index << level; i < (index + 1) << level; ++i) frontier.Append(leaves.at(i));
      return frontier.Root();
    };
    const SigningKey key = TestKey();
    return {
        {"vkey", FormatVerifierKey(TestVerifierKey()) + "\n"},
        {"entry-2", entries[2]},
        {"checkpoint-3", SignedNote(older)},
        {"checkpoint-5", SignedNote(entries)},
        {"2.tlog-proof",
         FormatTlogProof({std::nullopt, 2, *InclusionProof(2, entries.size(), read), SignedNote(entries)})},
        {"3-5.add-checkpoint",
         FormatAddCheckpoint({3, *ConsistencyProof(3, entries.size(), read), SignedNote(entries)})},
    };
  }

  static std::string Stored(const std::string& name) {
    std::ifstream in(std::string(ENVLEDGER_SOURCE_DIR) + "/tests/data/golden/proofs/" + name, std::ios::binary);
    EXPECT_TRUE(in.good()) << name;
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
};

TEST_F(GoldenProofs, AreWrittenByteForByte) {
  for (const auto& [name, bytes] : Made()) {
    if (const char* out = std::getenv("ENVLEDGER_GOLDEN_OUT")) {
      std::ofstream(std::filesystem::path(out) / name, std::ios::binary) << bytes;
    }
    EXPECT_EQ(Stored(name), bytes) << name;
  }
}

TEST_F(GoldenProofs, AreReadAndHold) {
  const VerifierKey key = *ParseVerifierKey(Stored("vkey").substr(0, Stored("vkey").size() - 1));
  const auto proof = ParseTlogProof(Stored("2.tlog-proof"));
  ASSERT_TRUE(proof.ok()) << proof.status().ToString();
  EXPECT_EQ(FormatTlogProof(*proof), Stored("2.tlog-proof"));
  EXPECT_EQ(proof->checkpoint, Stored("checkpoint-5"));
  const auto checkpoint = VerifyTlogProof(*proof, LeafHash(Stored("entry-2")), key);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  EXPECT_EQ(checkpoint->size, 5u);

  const auto body = ParseAddCheckpoint(Stored("3-5.add-checkpoint"));
  ASSERT_TRUE(body.ok()) << body.status().ToString();
  EXPECT_TRUE(VerifyAddCheckpoint(*body, Stored("checkpoint-3"), key, key).ok());
}

TEST_F(GoldenProofs, AreAllTheFilesThere) {
  const std::map<std::string, std::string> made = Made();
  for (const auto& file : std::filesystem::directory_iterator(ENVLEDGER_SOURCE_DIR "/tests/data/golden/proofs")) {
    EXPECT_TRUE(made.contains(file.path().filename().string())) << file.path() << " is compared with nothing";
  }
}

}  // namespace
}  // namespace envledger
