// Verification of a whole ledger: every entry, every checkpoint, and every index in both directions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

struct VerifyOptions {
  std::optional<VerifierKey> trusted_key;
  std::vector<CheckpointInput> anchors;  // checkpoints kept elsewhere
  unsigned threads = 0;                  // 0: as many as there are processors
  // Read only what is newer than the largest anchor, which vouches for the rest. If the ledger does not begin with what
  // the anchors vouch for, everything is read, to find out where it differs.
  bool since_anchor = false;
  // Compare only hashes: whether the bytes are those that the checkpoints vouch for. The form of the bytes, and what is
  // derived from them, is not checked.
  bool only_hashes = false;
};

// Called on the caller's thread, every few thousand entries: how many are done, and of how many.
using VerifyProgress = std::function<void(uint64_t done, uint64_t total)>;

// Verifies the ledger stored in `data_dir`, including its indexes. Failures of the ledger are in the report; an error
// means that it could not be read at all.
Result<VerifyReport> VerifyStored(const std::string& data_dir, const VerifyOptions& options,
                                  const VerifyProgress& progress);

// Verifies, on this side, the entries and checkpoints that a reader serves (a daemon's socket). Indexes are not
// checked.
Result<VerifyReport> VerifyServed(LedgerReader& reader, const VerifyOptions& options, const VerifyProgress& progress);

}  // namespace envledger
