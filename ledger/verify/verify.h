// Verification of a whole ledger: every entry, every checkpoint, and every index both ways.
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
  // Read only what is newer than the largest anchor, which vouches for the rest. When the ledger does not begin with
  // what the anchors vouch for, everything is read, to say where it differs.
  bool since_anchor = false;
  // Compare hashes alone: whether the bytes are those that the checkpoints vouch for. What bytes of which form they
  // are, and what derives from them, is not looked at.
  bool only_hashes = false;
};

// Called on the caller's thread, every few thousand entries: how many of how many are done.
using VerifyProgress = std::function<void(uint64_t done, uint64_t total)>;

// Verifies the ledger stored in `data_dir`, indexes included. Failures of the ledger are in the report; a status that
// is not ok means that it could not be read at all.
Result<VerifyReport> VerifyStored(const std::string& data_dir, const VerifyOptions& options,
                                  const VerifyProgress& progress);

// Verifies what a reader serves (a daemon's socket): entries and checkpoints, on this side; indexes are not checked.
Result<VerifyReport> VerifyServed(LedgerReader& reader, const VerifyOptions& options, const VerifyProgress& progress);

}  // namespace envledger
