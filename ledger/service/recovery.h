// Creating a ledger, and finding out at start whether what is stored is the ledger that was left.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/service/checkpointer.h"
#include "ledger/service/sealer.h"
#include "ledger/store/log_db.h"

namespace envledger {

// Creates a ledger in `data_dir` (made if it is missing): the log with its genesis entry and first checkpoint, placed
// by one rename, and the published checkpoint. kConflict when there is a ledger already; kInvalidArgument for an
// unusable origin.
Status InitLedger(const std::string& data_dir, const std::string& origin, const SigningKey& key,
                  const std::string& publish_path, Clock& clock);

// A rotation of the key that the ledger may not have recorded yet, as it lies beside the key file.
struct PendingRotation {
  std::string note;                    // ReadRotationNote
  std::optional<SigningKey> previous;  // the old key, if it is still at hand
};

struct Recovered {
  ChainEnd end;
  Frontier before_last;  // of one leaf less than `end`
  SignedCheckpoint latest;
  KeyHistory keys;       // of the whole log
  bool clean = false;    // the last entry is a closed event, or the genesis
  uint64_t checked = 0;  // entries that were verified
};

// Verifies the end of the log: the latest checkpoint is signed by the key in force at its size; everything after that
// checkpoint is a whole chain that extends its tree from an entry that it vouches for; and `key` is the key in force at
// the end, or `pending` (may be null) leads from that one to it. kCorruption with a precise report otherwise,
// kNotPermitted for another key. Reads only what lies after the checkpoint, the last complete subtree before it, and
// the rotations of the key; all of the log when the note of those is lost.
Result<Recovered> Recover(const LogDb& log, const VerifierKey& key, const PendingRotation* pending,
                          const std::function<void(uint64_t seq)>& progress);

// The log's genesis. kCorruption when it has none, kInvalidArgument for another format version.
Result<Genesis> ReadGenesis(const LogDb& log);

}  // namespace envledger
