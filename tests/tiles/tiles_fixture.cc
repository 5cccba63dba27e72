#include "tests/tiles/tiles_fixture.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "ledger/chain/tile_builder.h"
#include "ledger/files/file.h"

namespace envledger {

namespace fs = std::filesystem;

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
  options.policy = TrustKeyOrLater(TestVerifierKey());
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
