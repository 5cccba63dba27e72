// Exports of a ledger in memory, for the tests of exporting and of verifying exports.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ledger/tiles/export_tiles.h"
#include "ledger/tiles/verify_tiles.h"
#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger {

// Writes what an exporter that checks nothing would.
void PlaceExport(const std::string& directory, const std::vector<std::string>& entries, const std::string& note);

// Name below the directory -> contents, of the export's own files.
std::map<std::string, std::string> FilesOf(const std::string& directory);
void WriteFileAt(const std::string& path, const std::string& contents);

// Exports with the test's key.
Result<TileExportReport> ExportTo(MemoryLedger& ledger, const std::string& directory,
                                  const std::function<envledger::Status()>& before_change = {});
// Options with this key and no more.
VerifyOptions Trusting(const VerifierKey& key);
// Verifies with one thread.
VerifyReport VerifyExport(const std::string& directory, VerifyOptions options = Trusting(TestVerifierKey()));
// All messages, a line each, after the verdict.
std::string TextOf(const VerifyReport& report);

}  // namespace envledger
