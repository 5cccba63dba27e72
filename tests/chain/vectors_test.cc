// Conformance with vectors that others published. They are not part of this project; where they are absent these tests
// are skipped, and the golden vectors beside them still run.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ledger/chain/note.h"
#include "ledger/chain/tlog_proof.h"
#include "ledger/chain/tree.h"
#include "ledger/crypto/sha256.h"
#include "tests/support/paths.h"

namespace envledger {
namespace {

using nlohmann::json;

class VectorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(root_)) {
      GTEST_SKIP() << "the public conformance vectors are not there: " << root_;
    }
  }

  json Read(const std::string& path) const { return ReadFile(root_ / path); }
  static json ReadFile(const std::filesystem::path& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file.good()) << path;
    return json::parse(file);
  }

  std::vector<std::filesystem::path> FilesUnder(const std::string& folder) const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_ / folder)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    return files;
  }

  const std::filesystem::path root_ = std::filesystem::path(ENVLEDGER_SOURCE_DIR) / "../shared/vectors";
};

Hash FromHex(const json& value) { return HashFrom(ParseHex(value.get<std::string>()).value()).value(); }

std::vector<Hash> AllFromHex(const json& values) {
  std::vector<Hash> hashes;
  for (const json& value : values) hashes.push_back(FromHex(value));
  return hashes;
}

std::string Decoded(const json& value) {
  const std::optional<std::string> bytes = ParseBase64(value.get<std::string>());
  EXPECT_TRUE(bytes.has_value()) << value;
  return bytes.value_or("");
}

// A proof, or nothing when one of its hashes has not 32 bytes: this project's types cannot even state such a proof.
std::optional<Proof> ProofOf(const json& values) {
  Proof proof;
  for (const json& value : values) {  // null is no proof hash at all
    const std::optional<Hash> hash = HashFrom(Decoded(value));
    if (!hash) return std::nullopt;
    proof.push_back(*hash);
  }
  return proof;
}

TEST_F(VectorsTest, TheReferenceTreeOfCertificateTransparency) {
  const json tree = Read("merkle-rfc6962/ct-reference-tree.json");
  EXPECT_EQ(EmptyRoot(), FromHex(tree["empty_root"]));
  std::vector<Hash> leaves;
  for (const json& input : tree["leaf_inputs_hex"])
    leaves.push_back(LeafHash(ParseHex(input.get<std::string>()).value()));
  ASSERT_EQ(leaves.size(), 8u);
  const auto subtree = [&leaves](unsigned level, uint64_t index) -> Result<Hash> {
    Frontier frontier;
    for (uint64_t i = index << level; i < (index + 1) << level; ++i) frontier.Append(leaves.at(i));
    return frontier.Root();
  };

  const std::vector<Hash> roots = AllFromHex(tree["roots_by_size"]);
  Frontier frontier;
  for (size_t i = 0; i < leaves.size(); ++i) {
    frontier.Append(leaves[i]);
    EXPECT_EQ(frontier.Root(), roots.at(i)) << i + 1 << " leaves";
  }
  for (const json& path : tree["inclusion_paths"]) {
    const Result<Proof> proof = InclusionProof(path["leaf_index"], path["tree_size"], subtree);
    ASSERT_TRUE(proof.ok()) << proof.status().ToString();
    EXPECT_EQ(*proof, AllFromHex(path["path"])) << path;
  }
  for (const json& consistency : tree["consistency_proofs"]) {
    const Result<Proof> proof = ConsistencyProof(consistency["size1"], consistency["size2"], subtree);
    ASSERT_TRUE(proof.ok()) << proof.status().ToString();
    EXPECT_EQ(*proof, AllFromHex(consistency["proof"])) << consistency;
  }
}

TEST_F(VectorsTest, InclusionProofs) {
  int checked = 0;
  int genuine = 0;
  for (const std::filesystem::path& path : FilesUnder("merkle-rfc6962/testdata/inclusion")) {
    const json vector = ReadFile(path);
    const bool want_error = vector["wantErr"];
    const std::optional<Proof> proof = ProofOf(vector["proof"]);
    const std::optional<Hash> leaf = HashFrom(Decoded(vector["leafHash"]));
    const std::optional<Hash> root = HashFrom(Decoded(vector["root"]));
    if (!proof || !leaf || !root) {
      EXPECT_TRUE(want_error) << path;
      continue;
    }
    EXPECT_EQ(!VerifyInclusion(vector["leafIdx"], vector["treeSize"], *leaf, *proof, *root).ok(), want_error) << path;
    ++checked;
    if (!want_error) ++genuine;
  }
  EXPECT_GT(checked, 50);
  EXPECT_GT(genuine, 4);
}

TEST_F(VectorsTest, ConsistencyProofs) {
  // Some of these give roots that are words, not hashes. Their SHA-256 stands for them: equal words stay equal.
  const auto root_of = [](const json& value) {
    const std::string bytes = Decoded(value);
    return HashFrom(bytes).value_or(Sha256(bytes));
  };
  int checked = 0;
  int genuine = 0;
  for (const std::filesystem::path& path : FilesUnder("merkle-rfc6962/testdata/consistency")) {
    const json vector = ReadFile(path);
    const bool want_error = vector["wantErr"];
    const std::optional<Proof> proof = ProofOf(vector["proof"]);
    if (!proof) {
      EXPECT_TRUE(want_error) << path;
      continue;
    }
    const Status status =
        VerifyConsistency(vector["size1"], root_of(vector["root1"]), vector["size2"], root_of(vector["root2"]), *proof);
    EXPECT_EQ(!status.ok(), want_error) << path << ": " << status.ToString();
    ++checked;
    if (!want_error) ++genuine;
  }
  EXPECT_GT(checked, 50);
  EXPECT_GT(genuine, 4);
}

// Whether a note is good for someone who knows these keys, by the rules of C2SP signed-note: no known key's signature
// fails, and at least one verifies. The answer is the names of those that do; empty for a bad note.
std::vector<std::string> VerifiedNames(const std::string& bytes, const json& vkeys) {
  const Result<Note> note = ParseNote(bytes);
  if (!note.ok()) return {};
  std::vector<std::string> names;
  for (const json& text : vkeys) {
    const Result<VerifierKey> key = ParseVerifierKey(text.get<std::string>());
    EXPECT_TRUE(key.ok()) << text << ": " << key.status().ToString();
    if (!key.ok()) return {};
    const Status status = VerifyNote(*note, *key);
    if (status.ok()) names.push_back(key->name);
    if (status.code() == Code::kCorruption) return {};
  }
  return names;
}

TEST_F(VectorsTest, SignedNotes) {
  const json vectors = Read("notes/signed-note.json");
  for (const json& vector : vectors["notes"]) {
    const std::vector<std::string> names = VerifiedNames(vector["note"], vector["vkeys"]);
    EXPECT_EQ(!names.empty(), vector["expect"] == "valid") << vector["id"];
    EXPECT_EQ(json(names), vector["verified_names"]) << vector["id"];
  }
  EXPECT_GT(vectors["notes"].size(), 5u);
}

TEST_F(VectorsTest, BadVerifierKeys) {
  const json vectors = Read("notes/signed-note.json");
  for (const json& vector : vectors["bad_vkeys"]) {
    EXPECT_EQ(ParseVerifierKey(vector["vkey"].get<std::string>()).status().code(), Code::kInvalidArgument) << vector;
  }
  EXPECT_GT(vectors["bad_vkeys"].size(), 2u);
}

TEST_F(VectorsTest, SigningIsDeterministic) {
  const json signing = Read("notes/signed-note.json")["signing"];
  // "PRIVATE+KEY+<name>+<key id>+<base64 of 0x01 || seed>"
  const std::string prefix = "PRIVATE+KEY+";
  const std::string skey = signing["skey"];
  ASSERT_TRUE(skey.starts_with(prefix));
  const size_t name_end = skey.find('+', prefix.size());
  const std::string name = skey.substr(prefix.size(), name_end - prefix.size());
  const std::string typed_seed = ParseBase64(skey.substr(skey.find('+', name_end + 1) + 1)).value();
  ASSERT_EQ(typed_seed.front(), '\x01');
  const Result<SigningKey> signing_key = SigningKey::FromSeed(typed_seed.substr(1));
  ASSERT_TRUE(signing_key.ok());
  const Result<VerifierKey> key = MakeVerifierKey(name, signing_key->public_key());
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(FormatVerifierKey(*key).substr(0, name.size() + 9), skey.substr(prefix.size(), name.size() + 9));
  EXPECT_EQ(SignNote(signing["text"].get<std::string>(), {{*key, &*signing_key}}),
            signing["expected_note"].get<std::string>());
}

TEST_F(VectorsTest, CheckpointBodies) {
  const json vectors = Read("notes/go-tree-body.json");
  const json& good = vectors["tree"];
  const Result<Checkpoint> checkpoint = ParseCheckpoint(good["text"].get<std::string>());
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
  EXPECT_EQ(checkpoint->size, good["size"].get<uint64_t>());
  EXPECT_EQ(checkpoint->root, LeafHash(good["root_is_leaf_hash_of_utf8"].get<std::string>()));
  EXPECT_EQ(FormatCheckpoint(*checkpoint), good["text"].get<std::string>());
  for (const json& bad : vectors["bad"]) {  // one of them is only of another origin
    const Result<Checkpoint> parsed = ParseCheckpoint(bad.get<std::string>());
    EXPECT_TRUE(!parsed.ok() || parsed->origin != checkpoint->origin) << bad;
  }
  EXPECT_GT(vectors["bad"].size(), 2u);
}

TEST_F(VectorsTest, TlogProofs) {
  const json vectors = Read("notes/tlog-proof.json");
  for (const json& vector : vectors["valid"]) {
    const std::string text = vector["text"];
    const Result<TlogProof> proof = ParseTlogProof(text);
    ASSERT_TRUE(proof.ok()) << text << proof.status().ToString();
    EXPECT_EQ(proof->index, vector["index"].get<uint64_t>());
    EXPECT_EQ(proof->hashes, ProofOf(vector["hashes"]));
    EXPECT_EQ(proof->checkpoint, vector["checkpoint"].get<std::string>());
    EXPECT_EQ(proof->extra.has_value(), !vector["extra_b64"].is_null());
    if (proof->extra) {
      EXPECT_EQ(*proof->extra, Decoded(vector["extra_b64"]));
    }
    EXPECT_EQ(FormatTlogProof(*proof), text);
  }
  EXPECT_GT(vectors["valid"].size(), 2u);
  for (const json& vector : vectors["invalid"]) {
    const Result<TlogProof> proof = ParseTlogProof(vector["text"].get<std::string>());
    ASSERT_FALSE(proof.ok()) << vector["why"];
    EXPECT_NE(proof.status().message().find("line "), std::string::npos) << proof.status().message();
  }
  EXPECT_GT(vectors["invalid"].size(), 6u);
}

// Our own reading of every proof vector's outcome, through the files: what holds as hashes holds as a file, and what
// does not hold is refused as one too.
TEST_F(VectorsTest, InclusionProofsInFilesHoldAsTheyDoAlone) {
  const Result<SigningKey> signing_key = SigningKey::FromSeed(std::string(32, 's'));
  ASSERT_TRUE(signing_key.ok());
  const Result<VerifierKey> key = MakeVerifierKey("vectors.example", signing_key->public_key());
  ASSERT_TRUE(key.ok());
  int genuine = 0;
  for (const std::filesystem::path& path : FilesUnder("merkle-rfc6962/testdata/inclusion")) {
    const json vector = ReadFile(path);
    const std::optional<Proof> proof = ProofOf(vector["proof"]);
    const std::optional<Hash> leaf = HashFrom(Decoded(vector["leafHash"]));
    const std::optional<Hash> root = HashFrom(Decoded(vector["root"]));
    if (!proof || !leaf || !root) continue;
    const std::string text =
        FormatTlogProof({std::nullopt, vector["leafIdx"], *proof,
                         SignNote(FormatCheckpoint({key->name, vector["treeSize"], *root}), {{*key, &*signing_key}})});
    const Result<TlogProof> parsed = ParseTlogProof(text);
    const auto checkpoint =
        parsed.ok() ? OpenCheckpoint(parsed->checkpoint, *key) : Result<Checkpoint>(parsed.status());
    const bool holds = checkpoint.ok() &&
                       VerifyInclusion(parsed->index, checkpoint->size, *leaf, parsed->hashes, checkpoint->root).ok();
    EXPECT_EQ(!holds, vector["wantErr"].get<bool>()) << path;
    if (holds) ++genuine;
  }
  EXPECT_GT(genuine, 4);
}

}  // namespace
}  // namespace envledger
