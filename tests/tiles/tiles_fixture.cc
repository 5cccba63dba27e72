#include "tests/tiles/tiles_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ledger/base/file.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/tile_builder.h"
#include "tests/support/transitions.h"

namespace envledger {

namespace fs = std::filesystem;

std::vector<std::string> SealedStories(uint64_t size) {
  std::vector<Transition> transitions;
  for (uint64_t story = 0; transitions.size() + 1 < size; ++story) {
    const std::string id = "env-" + std::to_string(story);
    transitions.push_back(Opening(id, User(story % 3 == 0 ? "alice" : "bob")));
    transitions.push_back(Later(Stage::kAdmitted, id));
    transitions.push_back(Grant(id, {Amount("gpu", 4000)}));
    transitions.push_back(Later(Stage::kCompleted, id));
  }
  transitions.resize(size - 1);
  return Seal(Drafts(transitions));
}

std::vector<std::string> SealedWithRotation(char signer, char accepter) {
  std::vector<Draft> drafts = Drafts({Opening("a"), Opening("b")});
  KeyRotated rotation = MakeRotation(kTestOrigin, TestKey(1), TestKey(2));
  const std::string text = RotationText(kTestOrigin, rotation.old_key, rotation.new_key);
  rotation.signature = TestKey(signer).Sign(text);
  rotation.acceptance = TestKey(accepter).Sign(text);
  drafts.insert(drafts.begin() + 2, DraftOf(rotation, drafts[1].header.recorded_at));
  Relink(drafts);
  return Seal(drafts);
}

MemoryLedger::MemoryLedger(uint64_t size) : MemoryLedger(SealedStories(size)) {}
MemoryLedger::MemoryLedger(std::vector<std::string> sealed) : entries(std::move(sealed)) { SignAll(); }

void MemoryLedger::Reach(uint64_t size) {
  entries = SealedStories(size);
  SignAll();
}

Result<EntriesResponse> MemoryLedger::Entries(const EntriesRequest& request) {
  constexpr uint64_t kPage = 100;
  EntriesResponse response;
  response.tree_size = entries.size();
  const uint64_t limit = request.limit == 0 ? kPage : std::min<uint64_t>(request.limit, kPage);
  for (uint64_t seq = request.from_seq; seq < entries.size() && response.entries.size() < limit; ++seq) {
    response.entries.push_back(entries[seq]);
  }
  entries_read += response.entries.size();
  return response;
}

Result<CheckpointsResponse> MemoryLedger::Checkpoints(const CheckpointsRequest&) {
  CheckpointsResponse response;
  if (!note.empty()) response.notes.push_back(note);
  return response;
}

Result<EventsResponse> MemoryLedger::Events(const EventsRequest& request) {
  EventsResponse response;
  response.tree_size = entries.size();
  for (uint64_t seq = request.from_seq; seq < entries.size(); ++seq) {
    const auto entry = CheckEntry(entries[seq]);
    if (!entry.ok() || !entry->event || EventName(*entry->event) != request.name) continue;
    response.entries.push_back(entries[seq]);
    break;  // one a page
  }
  return response;
}

void PlaceExport(const std::string& directory, const std::vector<std::string>& entries, const std::string& note) {
  const TileBuilder::Sink place = [&](const TileId& tile, const std::vector<Hash>& hashes) {
    WriteFileAt(directory + "/" + TilePath(tile), EncodeTile(hashes));
    return Ok();
  };
  TileBuilder builder;
  std::string bundle;
  for (const std::string& entry : entries) {
    ASSERT_TRUE(AppendToBundle(bundle, entry).ok());
    ASSERT_TRUE(builder.Append(LeafHash(entry), place).ok());
    const uint64_t last = builder.size() - 1;
    const unsigned width = TileWidthAt(entries.size(), 0, last / kTileWidth);
    if (last % kTileWidth + 1 != width) continue;
    WriteFileAt(directory + "/" + TilePath({.entries = true, .index = last / kTileWidth, .width = width}), bundle);
    bundle.clear();
  }
  ASSERT_TRUE(builder.VisitPartial(place).ok());
  WriteFileAt(directory + "/checkpoint", note);
}

std::map<std::string, std::string> FilesOf(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    const std::string name = entry.path().lexically_relative(directory).string();
    if (!entry.is_regular_file() || name == ".export.lock") continue;
    files[name] = *ReadFile(entry.path().string(), 1 << 26);
  }
  return files;
}

void WriteFileAt(const std::string& path, const std::string& contents) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << contents;
  file.close();
  ASSERT_TRUE(file.good()) << path;
}

Result<TileExportReport> ExportTo(MemoryLedger& ledger, const std::string& directory,
                                  const std::function<envledger::Status()>& before_change) {
  TileExportOptions options;
  options.trusted_key = TestVerifierKey();
  options.before_change = before_change;
  return ExportTiles(ledger, directory, options, {});
}

VerifyOptions Trusting(const VerifierKey& key) {
  VerifyOptions options;
  options.trusted_key = key;
  return options;
}

VerifyReport VerifyExport(const std::string& directory, VerifyOptions options) {
  options.threads = 1;
  auto report = VerifyTiles(directory, options, {});
  EXPECT_TRUE(report.ok()) << report.status().ToString();
  return report.ok() ? *std::move(report) : VerifyReport{};
}

std::string TextOf(const VerifyReport& report) {
  std::string text(Name(report.verdict));
  for (const VerifyFailure& failure : report.failures) text += "\n" + failure.check + ": " + failure.message;
  return text;
}

}  // namespace envledger
