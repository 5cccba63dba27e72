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
// unusable origin. kUnknownOutcome when the ledger is in its place, but what should have followed failed: the message
// says what, and a start does what is missing. After any other error there is no ledger, and it can be done again.
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

// Verifies the end of the log by the verifier that `verify` uses (chain/verifier.h): the latest checkpoint is signed by
// the key in force at its size; everything after that checkpoint is a whole chain that extends its tree from an entry
// that it vouches for; and `key` is the key in force at the end, or `pending` (may be null) leads from that one to it.
// A status with a verdict, and the first failure, otherwise; kNotPermitted for another key; kInvalidArgument for
// another format version.
//
// So that a start does not take longer in a large ledger, it reads only what lies after the checkpoint, the
// checkpoint's last entry, the genesis and the rotations of the key. Left out are, of the entries up to the checkpoint,
// all but these, for which the checkpoint's root vouches; and of the `checked` entries after it, the lifecycle rules
// and the links, which need what lies before. Those are as many as were sealed since a checkpoint was last signed
// (CheckpointerOptions::every_entries, while signing works), and every `verify` checks them. When what is stored beside
// the checkpoint is damaged, all entries before it are hashed.
Result<Recovered> Recover(const LogDb& log, const VerifierKey& key, const PendingRotation* pending,
                          const std::function<void(uint64_t seq)>& progress);

// The log's genesis. A status with a verdict when it has none, kInvalidArgument for another format version.
Result<Genesis> ReadGenesis(const LogDb& log);

}  // namespace envledger
