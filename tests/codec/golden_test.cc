// Golden vectors: the bytes of every format as they were when it was fixed. A failure here means that a format changed,
// and with it every ledger that exists.
//
// They are never rewritten by a test run. To look at what the code would write now, name a directory:
//   ENVLEDGER_GOLDEN_OUT=/tmp/golden ./codec_test --gtest_filter='*Golden*'
// writes all of them there. Whether to copy one over tests/data/golden is then a decision about the format.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "ledger/base/bytes.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/message.h"
#include "ledger/codec/transition.h"
#include "ledger/crypto/sha256.h"
#include "tests/codec/samples.h"
#include "tests/support/paths.h"

namespace envledger {
namespace {

constexpr const char* kDirectory = ENVLEDGER_SOURCE_DIR "/tests/data/golden/";

std::string Contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// 32 bytes a line.
std::string HexLines(std::string_view bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 32) text += Hex(bytes.substr(i, 32)) + "\n";
  return text;
}

std::string FromHexLines(std::string text) {
  std::erase(text, '\n');
  const auto bytes = ParseHex(text);
  EXPECT_TRUE(bytes.has_value()) << "not hexadecimal";
  return bytes.value_or("");
}

std::string LeafHashHex(const std::string& entry) { return Hex(View(Sha256(std::string(1, '\0') + entry))); }

std::string Encoded(const Transition& transition) { return *EncodeTransition(transition); }

std::string GenesisEntry() {
  EntryHeader header;
  header.recorded_at = kSampleTime;
  header.recorder = {990, 990, 4242, "envledgerd"};
  const Genesis genesis{"ledger.example.com", std::string("\x01\x23\x45\x67", 4) + std::string(28, '\xAB'),
                        kFormatVersion, kSampleTime};
  return std::string(EntryBuilder().Build(header, genesis));
}

std::string KeyRotatedEntry() {
  EntryHeader header;
  header.seq = 1234;
  header.recorded_at = kSampleTime + 2500;
  header.previous.fill(0xD6);
  header.recorder = {990, 990, 4242, "envledgerd"};
  const KeyRotated rotated{std::string("\x01\x23\x45\x67", 4) + std::string(28, '\xAB'),
                           std::string("\x89\xAB\xCD\xEF", 4) + std::string(28, '\xBC'), std::string(64, '\xA1'),
                           std::string(64, '\xB2')};
  return std::string(EntryBuilder().Build(header, rotated));
}

std::string RequestedEntry() {
  EntryHeader header;
  header.seq = 42;
  header.recorded_at = kSampleTime + 1500;
  header.previous.fill(0xC5);
  header.recorder = {1001, 1002, 31337, "serving"};
  header.envelope_revision = 0;
  header.principal_links = {
      {kRequester, 0, 1, std::nullopt}, {kSubject, 0, 3, 7}, {kDelegate, 0, 12, 40}, {kDelegate, 0, 1, std::nullopt}};
  return std::string(EntryBuilder().Build(header, Encoded(FullTransition(Stage::kRequested))));
}

// The entry that FORMAT.md works through.
std::string WorkedEntry() {
  EntryHeader header;
  header.seq = 4;
  header.recorded_at = kSampleTime + 250'000'000;
  for (size_t i = 0; i < header.previous.size(); ++i) header.previous[i] = static_cast<uint8_t>(0x20 + i);
  header.recorder = {1001, 1002, 31337, "serving"};
  header.envelope_revision = 2;
  header.envelope_previous = 3;
  header.principal_links = {{kDecider, kRequester, 2, 2}};
  Transition transition;
  transition.envelope_id = "env-7";
  transition.stage = Stage::kCancelled;
  transition.occurred_at = kSampleTime;
  transition.decision = Decision();
  transition.decision->decider = Principal{PrincipalKind::kUser, "idp", "alice"};
  return std::string(EntryBuilder().Build(header, Encoded(transition)));
}

const std::map<std::string, std::string>& Golden() {
  static const std::map<std::string, std::string> all = [] {
    std::map<std::string, std::string> files;
    for (const Stage stage : kAllStages) {
      files["transition_" + std::string(Name(stage))] = Encoded(FullTransition(stage));
    }
    files["entry_genesis"] = GenesisEntry();
    files["entry_key_rotated"] = KeyRotatedEntry();
    files["entry_requested"] = RequestedEntry();
    files["entry_worked"] = WorkedEntry();
    const std::string transition = Encoded(FullTransition(Stage::kLost));
    files["request_append"] = EncodeRequest({7, AppendRequest{{{transition, 3}}}});
    Hash hash;
    hash.fill(0x5A);
    files["response_append"] = EncodeResponse({7, AppendResponse{{{42, hash, 3, kSampleTime, true}}}});
    files["response_error"] =
        EncodeResponse({7, ErrorInfo{Status(Code::kConflict, "legal-move", "no"), 0, Stage::kDenied, 2}});
    return files;
  }();
  return all;
}

const std::vector<std::string> kEntries = {"entry_genesis", "entry_key_rotated", "entry_requested", "entry_worked"};

std::string LeafHashes() {
  std::string text;
  for (const std::string& name : kEntries) text += name + " " + LeafHashHex(Golden().at(name)) + "\n";
  return text;
}

TEST(Golden, EncodersWriteTheGoldenBytes) {
  const char* out = std::getenv("ENVLEDGER_GOLDEN_OUT");
  for (const auto& [name, bytes] : Golden()) {
    if (out != nullptr) std::ofstream(std::string(out) + "/" + name + ".hex", std::ios::binary) << HexLines(bytes);
    EXPECT_EQ(HexLines(bytes), Contents(kDirectory + name + ".hex")) << name;
  }
  if (out != nullptr) std::ofstream(std::string(out) + "/leaf_hashes.txt", std::ios::binary) << LeafHashes();
  EXPECT_EQ(LeafHashes(), Contents(std::string(kDirectory) + "leaf_hashes.txt"));
}

TEST(Golden, TransitionsAreReadAsTheyWereMeant) {
  for (const Stage stage : kAllStages) {
    const std::string bytes = FromHexLines(Contents(kDirectory + ("transition_" + std::string(Name(stage))) + ".hex"));
    ASSERT_TRUE(CheckTransition(bytes).ok()) << Name(stage);
    EXPECT_EQ(DecodeTransition(bytes), FullTransition(stage)) << Name(stage);
  }
}

TEST(Golden, EntriesAreReadAsTheyWereMeant) {
  const std::string genesis = FromHexLines(Contents(std::string(kDirectory) + "entry_genesis.hex"));
  const auto first = CheckEntry(genesis);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(first->header.seq, 0u);
  EXPECT_EQ(first->header.previous, Hash{});
  EXPECT_EQ(std::get<Genesis>(*first->event).origin, "ledger.example.com");
  const std::string rotation = FromHexLines(Contents(std::string(kDirectory) + "entry_key_rotated.hex"));
  const auto rotated = CheckEntry(rotation);
  ASSERT_TRUE(rotated.ok()) << rotated.status().ToString();
  EXPECT_EQ(std::get<KeyRotated>(*rotated->event).new_key.substr(0, 4), "\x89\xAB\xCD\xEF");
  EXPECT_EQ(std::get<KeyRotated>(*rotated->event).signature, std::string(64, '\xA1'));
  EXPECT_EQ(std::get<KeyRotated>(*rotated->event).acceptance, std::string(64, '\xB2'));
  const std::string requested = FromHexLines(Contents(std::string(kDirectory) + "entry_requested.hex"));
  const auto entry = CheckEntry(requested);
  ASSERT_TRUE(entry.ok()) << entry.status().ToString();
  EXPECT_EQ(entry->header.seq, 42u);
  EXPECT_EQ(entry->header.recorder, (Recorder{1001, 1002, 31337, "serving"}));
  ASSERT_EQ(entry->header.principal_links.size(), 4u);
  EXPECT_EQ(entry->header.principal_links[2], (PrincipalLink{kDelegate, 0, 12, 40}));
  EXPECT_EQ(DecodeTransition(entry->transition), FullTransition(Stage::kRequested));
}

TEST(Golden, MessagesAreReadAsTheyWereMeant) {
  const std::string frame = FromHexLines(Contents(std::string(kDirectory) + "request_append.hex"));
  const auto request = DecodeRequest(frame);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->correlation, 7u);
  const AppendItem& item = std::get<AppendRequest>(request->body).items.at(0);
  EXPECT_EQ(item.expected_revision, 3u);
  EXPECT_EQ(DecodeTransition(item.transition), FullTransition(Stage::kLost));
  const auto response = DecodeResponse(FromHexLines(Contents(std::string(kDirectory) + "response_append.hex")));
  ASSERT_TRUE(response.ok());
  EXPECT_TRUE(std::get<AppendResponse>(response->body).acknowledgments.at(0).replayed);
  const auto error = DecodeResponse(FromHexLines(Contents(std::string(kDirectory) + "response_error.hex")));
  ASSERT_TRUE(error.ok());
  EXPECT_EQ(std::get<ErrorInfo>(error->body).status.rule(), "legal-move");
}

// --- the worked entry of FORMAT.md: lines "offset  bytes  ; comment" in the block that begins "```entry" ---

struct Worked {
  std::string bytes;
  std::string leaf_hash;
};

Worked WorkedOfFormat() {
  std::istringstream lines(Contents(ENVLEDGER_SOURCE_DIR "/schema/FORMAT.md"));
  constexpr std::string_view kLeafHash = "Leaf hash of the worked entry: ";
  Worked worked;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(kLeafHash)) worked.leaf_hash = line.substr(kLeafHash.size());
    if (line.starts_with("```")) inside = line == "```entry";
    if (!inside || line.starts_with("```")) continue;
    std::istringstream words(line.substr(0, line.find(';')));
    size_t offset = 0;
    words >> std::hex >> offset;
    EXPECT_EQ(offset, worked.bytes.size()) << line;
    for (std::string word; words >> word;) worked.bytes += ParseHex(word).value_or("?");
  }
  return worked;
}

TEST(Golden, TheWorkedEntryOfTheDocumentIsTheGoldenOne) {
  const Worked worked = WorkedOfFormat();
  EXPECT_EQ(Hex(worked.bytes), Hex(WorkedEntry()));
  EXPECT_EQ(worked.leaf_hash, "`" + LeafHashHex(WorkedEntry()) + "`");
}

}  // namespace
}  // namespace envledger
