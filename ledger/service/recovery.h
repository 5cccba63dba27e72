// Creates a ledger, and checks at start whether the stored data is what the last run left.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/sealing/sealer.h"
#include "ledger/service/checkpointer.h"
#include "ledger/store/log_db.h"
#include "ledger/store/log_mark.h"

namespace envledger {

// Creates a ledger in `data_dir` (created if missing): the log with its genesis entry and first checkpoint, moved into
// place by one rename, and the published checkpoint. kConflict when there is a ledger already; kInvalidArgument for an
// unusable origin. kUnknownOutcome when the ledger is in place but a later step failed: the message says which, and the
// next start completes it. After any other error there is no ledger, and the call can be repeated.
Status InitLedger(const std::string& data_dir, const std::string& origin, const SigningKey& key,
                  const std::string& publish_path, Clock& clock);

// A rotation of the key that the ledger may not have recorded yet, read from the files beside the key.
struct PendingRotation {
  std::string note;                    // ReadRotationNote
  std::optional<SigningKey> previous;  // the old key, if its file still exists
};

// What the last run left of the log, as far as can be seen without changing it.
struct FoundEnd {
  std::optional<LogMark> mark;
  // At the end of the write-ahead log, which cannot be read. Nothing of it was acknowledged, or the loss is accepted.
  uint64_t dropped_bytes = 0;
};
// Compares the log in `data_dir` with its mark (log_mark.h). A status with a verdict when acknowledged entries are
// missing, or may be, unless `loss` (null: none is accepted) says that the log goes on with just the size that it has;
// then loss->until says how many entries there were, as far as the mark shows.
Result<FoundEnd> CheckLogEnd(const std::string& data_dir, AcceptedLoss* loss);
// Checks that the entry to which the mark points is the one that was acknowledged. A status with a verdict otherwise.
// Comes after Recover, which says more about an entry that was changed.
Status CheckAcknowledged(const LogDb& log, const LogMark& mark);

struct Recovered {
  ChainEnd end;
  Frontier before_last;  // without the last leaf of `end`
  SignedCheckpoint latest;
  KeyHistory keys;       // for the whole log
  bool clean = false;    // the last entry is a closed event, or the genesis
  uint64_t checked = 0;  // entries that were verified
};

// Verifies the end of the log with the same verifier as `verify` (chain/verifier.h). The latest checkpoint must be
// signed by the key in force at its size; everything after it must be a complete chain that extends the checkpoint's
// tree; and `key` must be the key in force at the end, or `pending` (may be null) must lead from the key in force to
// `key`. Otherwise returns a status with a verdict and the first failure; kNotPermitted for another key;
// kInvalidArgument for another format version.
//
// To keep starts short in a large ledger, it reads only the entries after the checkpoint, the checkpoint's last entry,
// the genesis and the key rotations. The other entries up to the checkpoint are not read: the checkpoint's root vouches
// for them. For the `checked` entries after the checkpoint, the lifecycle rules and the links are not checked, because
// that needs the earlier entries. These are the entries sealed since the last checkpoint (at most about
// CheckpointerOptions::every_entries while signing works), and every `verify` checks them. When the tree stored beside
// the checkpoint is damaged, all entries before the checkpoint are hashed.
Result<Recovered> Recover(const LogDb& log, const VerifierKey& key, const PendingRotation* pending,
                          const std::function<void(uint64_t seq)>& progress);

// The log's genesis. A status with a verdict when there is none; kInvalidArgument for another format version.
Result<Genesis> ReadGenesis(const LogDb& log);

}  // namespace envledger
