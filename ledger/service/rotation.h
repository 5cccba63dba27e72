// Records a rotation of the signing key in the ledger, at start, before anything is served.
#pragma once

#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/chain/key_history.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/service/publisher.h"
#include "ledger/service/recovery.h"
#include "ledger/store/log_db.h"

namespace envledger {

// Adds to the history the rotation that leads from its last key to `key`. Returns the history unchanged when it ends in
// `key` already. kNotPermitted (rule "key"), with both keys and the reason, when there is no such rotation.
Result<KeyHistory> FollowRotation(const KeyHistory& keys, const VerifierKey& key, const PendingRotation* pending,
                                  uint64_t seq, Nanos now);

// Records the pending rotation to `key`, or completes a recording that a crash interrupted; does nothing when there is
// none. If `pending` has the previous key, the checkpoints before and after the rotation carry both signatures.
// `recovered` is the result of Recover for the same arguments, and is updated. kUnknownOutcome when a write failed:
// restart.
Status RecordRotation(LogDb& log, const SigningKey& key, const PendingRotation* pending, Clock& clock,
                      Publisher& publisher, Recovered& recovered);

}  // namespace envledger
