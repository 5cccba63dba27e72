#include "tests/support/golden.h"

#include <gmock/gmock.h>

#include <map>
#include <sstream>

#include "ledger/base/bytes.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/crypto/sha256.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

std::string LeafHashHex(const std::string& entry) { return Hex(View(Sha256(std::string(1, '\0') + entry))); }

std::string GenesisEntry() {
  EntryHeader header;
  header.recorded_at = kSampleTime;
  header.recorder = {990, 990, 4242, "envledgerd"};
  const Genesis genesis{"ledger.example.com", std::string("\x01\x23\x45\x67", 4) + std::string(28, '\xAB'),
                        kFormatVersion, kSampleTime};
  return std::string(*EntryBuilder().Build(header, genesis));
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
  return std::string(*EntryBuilder().Build(header, rotated));
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
  return std::string(*EntryBuilder().Build(header, Encoded(FullTransition(Stage::kRequested))));
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
  return std::string(*EntryBuilder().Build(header, Encoded(transition)));
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
  for (const auto& [name, bytes] : Golden()) ExpectGolden(name, bytes);
  ExpectGoldenText("leaf_hashes.txt", LeafHashes());
}

TEST(Golden, TransitionsAreReadAsTheyWereMeant) {
  for (const Stage stage : kAllStages) {
    const std::string bytes = GoldenBytes("transition_" + std::string(Name(stage)));
    ASSERT_TRUE(CheckTransition(bytes).ok()) << Name(stage);
    EXPECT_EQ(DecodeTransition(bytes), FullTransition(stage)) << Name(stage);
  }
}

TEST(Golden, EntriesAreReadAsTheyWereMeant) {
  const std::string genesis = GoldenBytes("entry_genesis");
  const auto first = CheckEntry(genesis);
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(first->header.seq, 0u);
  EXPECT_EQ(first->header.previous, Hash{});
  EXPECT_EQ(std::get<Genesis>(*first->event).origin, "ledger.example.com");
  const std::string rotation = GoldenBytes("entry_key_rotated");
  const auto rotated = CheckEntry(rotation);
  ASSERT_TRUE(rotated.ok()) << rotated.status().ToString();
  EXPECT_EQ(std::get<KeyRotated>(*rotated->event).new_key.substr(0, 4), "\x89\xAB\xCD\xEF");
  EXPECT_EQ(std::get<KeyRotated>(*rotated->event).signature, std::string(64, '\xA1'));
  EXPECT_EQ(std::get<KeyRotated>(*rotated->event).acceptance, std::string(64, '\xB2'));
  const std::string requested = GoldenBytes("entry_requested");
  const auto entry = CheckEntry(requested);
  ASSERT_TRUE(entry.ok()) << entry.status().ToString();
  EXPECT_EQ(entry->header.seq, 42u);
  EXPECT_EQ(entry->header.recorder, (Recorder{1001, 1002, 31337, "serving"}));
  ASSERT_EQ(entry->header.principal_links.size(), 4u);
  EXPECT_EQ(entry->header.principal_links[2], (PrincipalLink{kDelegate, 0, 12, 40}));
  EXPECT_EQ(DecodeTransition(entry->transition), FullTransition(Stage::kRequested));
}

// --- the worked entry of FORMAT.md: lines "offset  bytes  ; comment" in the block that begins "```entry" ---

struct Worked {
  std::string bytes;
  std::string leaf_hash;
};

Worked WorkedOfFormat() {
  std::istringstream lines(ContentsOf(ENVLEDGER_SOURCE_DIR "/schema/FORMAT.md"));
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
