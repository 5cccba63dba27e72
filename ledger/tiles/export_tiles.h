// Exports a ledger as a C2SP tlog-tiles directory (c2sp.org/tlog-tiles; FORMAT.md section 6.2), which any static file
// server can serve and any tool that follows the standard can check.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/chain/note.h"
#include "ledger/evidence/proof_checker.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/verify/verify.h"

namespace envledger {

struct TileExportOptions {
  // The keys that the checkpoint must satisfy: KeyRule::kTheKeyOrLater or kLedgersOwn.
  TrustPolicy policy = TrustTheLedgerItself();
  bool sign_now = false;  // first sign a checkpoint of the present size
  // Called before each change of the file system; an error ends the export at that point, and leaves what a crash would
  // leave.
  std::function<Status()> before_change;
};

struct TileExportReport {
  Checkpoint checkpoint;             // the checkpoint of the export now
  VerifierKey key;                   // the key that signed it
  std::optional<uint64_t> old_size;  // size of the earlier export, if there was one
  uint64_t files_added = 0;          // tiles and bundles, not counting the checkpoint
  uint64_t bytes_added = 0;
  uint64_t files_removed = 0;  // partial tiles and bundles that are full now, and leftovers
};

// Exports the ledger behind `reader` into `directory`, at its latest checkpoint. An earlier export of the same ledger
// is kept and extended. The checkpoint is placed only after the root computed from the exported hashes equals the
// signed one, and after everything that it covers is durable. Until then, and after an interruption at any moment, the
// directory is the earlier export.
//
// kNotFound when the ledger has no checkpoint; kConflict when the directory holds another ledger; a status with the
// verdict kTruncated, kTampered or kWrongKey when the ledger does not have what it signed or no longer has what was
// exported, when the export is damaged, or when one of them is signed by a key that is not trusted; kUnavailable when
// another export into the directory is under way, or the disk is full or cannot be written. kUnknownOutcome when the
// new export is in place but a crash may undo that (in this case nothing of the old one was removed), or when not all
// files that it no longer needs could be removed: another run completes it. Reads and hashes on the caller's thread.
Result<TileExportReport> ExportTiles(LedgerReader& reader, const std::string& directory,
                                     const TileExportOptions& options, const VerifyProgress& progress);

}  // namespace envledger
