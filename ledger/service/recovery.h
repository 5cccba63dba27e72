// Creating a ledger, and finding out at start whether what is stored is the ledger that was left.
#pragma once

#include <functional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/base/time.h"
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

struct Recovered {
  ChainEnd end;
  Frontier before_last;  // of one leaf less than `end`
  SignedCheckpoint latest;
  bool clean = false;    // the last entry is a closed event, or the genesis
  uint64_t checked = 0;  // entries that were verified
};

// Verifies the end of the log: the genesis names this key and origin; the latest checkpoint is signed by it; everything
// after that checkpoint is a whole chain that extends its tree from an entry that it vouches for; and the published
// checkpoint is one that this log signed. kCorruption with a precise report otherwise, kNotPermitted for another key.
// Reads only what lies after the checkpoint, and the last complete subtree before it.
Result<Recovered> Recover(const LogDb& log, const VerifierKey& key, const std::string& publish_path,
                          const std::function<void(uint64_t seq)>& progress);

// The origin that the log's genesis names. kCorruption when it has none.
Result<Genesis> ReadGenesis(const LogDb& log);

}  // namespace envledger
