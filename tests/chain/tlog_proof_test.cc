#include "ledger/chain/tlog_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/chain_builder.h"
#include "tests/support/paths.h"
#include "tests/support/traffic.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

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

TEST_F(GoldenProofs, AreReadAsTheyAreWritten) {
  const auto proof = ParseTlogProof(Stored("2.tlog-proof"));
  ASSERT_TRUE(proof.ok()) << proof.status().ToString();
  EXPECT_EQ(FormatTlogProof(*proof), Stored("2.tlog-proof"));
  EXPECT_EQ(proof->checkpoint, Stored("checkpoint-5"));
  const auto body = ParseAddCheckpoint(Stored("3-5.add-checkpoint"));
  ASSERT_TRUE(body.ok()) << body.status().ToString();
  EXPECT_EQ(FormatAddCheckpoint(*body), Stored("3-5.add-checkpoint"));
  EXPECT_EQ(body->checkpoint, Stored("checkpoint-5"));
}

TEST_F(GoldenProofs, AreAllTheFilesThere) {
  const std::map<std::string, std::string> made = Made();
  for (const auto& file : std::filesystem::directory_iterator(ENVLEDGER_SOURCE_DIR "/tests/data/golden/proofs")) {
    EXPECT_TRUE(made.contains(file.path().filename().string())) << file.path() << " is compared with nothing";
  }
}

}  // namespace
}  // namespace envledger
