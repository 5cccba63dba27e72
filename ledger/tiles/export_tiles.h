// A ledger as a C2SP tlog-tiles directory (c2sp.org/tlog-tiles; FORMAT.md section 6.2), which any static file server
// can serve and any tool that follows the standard can check.
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
  // Whom the checkpoint must convince: KeyRule::kTheKeyOrLater, or kLedgersOwn.
  TrustPolicy policy = TrustTheLedgerItself();
  bool sign_now = false;  // sign a checkpoint at the present size first
  // Called before each change of the file system; an error ends the export there, and leaves what a crash would leave.
  std::function<Status()> before_change;
};

struct TileExportReport {
  Checkpoint checkpoint;             // of the export as it is now
  VerifierKey key;                   // that signed it
  std::optional<uint64_t> old_size;  // of the export that was there before
  uint64_t files_added = 0;          // tiles and bundles, without the checkpoint
  uint64_t bytes_added = 0;
  uint64_t files_removed = 0;  // partial tiles and bundles that are full now, and leftovers
};

// Exports the ledger behind `reader` into `directory`, at its latest checkpoint. What an earlier export of the same
// ledger has left there is kept and added to. No checkpoint is placed before the root that the exported hashes give is
// the signed one, and before everything that it covers is durable: until then, and after an interruption at any moment,
// the directory is the export that it was before.
//
// kNotFound when the ledger has no checkpoint; kConflict when the directory holds another ledger; a status with the
// verdict kTruncated, kTampered or kWrongKey when the ledger does not have what it signed, or no longer what was
// exported, when the export is damaged, or when either is signed by another key than the trusted one; kUnavailable when
// another export into the directory is under way, or the disk is full or cannot be written; kUnknownOutcome when the
// new export is in its place, but a crash may undo that (nothing of the old one was removed then), or not all that it
// no longer needs could be removed: done again, it is made good. Reads and hashes on the caller's thread.
Result<TileExportReport> ExportTiles(LedgerReader& reader, const std::string& directory,
                                     const TileExportOptions& options, const VerifyProgress& progress);

}  // namespace envledger
