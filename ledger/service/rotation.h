// Bringing a rotation of the signing key into the ledger, at start, before anything is served.
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

// The history with the rotation that leads from its last key to `key`. kNotPermitted (rule "key"), naming both keys and
// saying why, when there is no such rotation. A history that ends in `key` is returned as it is.
Result<KeyHistory> FollowRotation(const KeyHistory& keys, const VerifierKey& key, const PendingRotation* pending,
                                  uint64_t seq, Nanos now);

// Records the pending rotation to `key`, or finishes the recording that a crash interrupted; does nothing when there is
// none. With the previous key in `pending` the checkpoints before and after carry both signatures. `recovered` is what
// Recover gave for the same arguments, and is brought up to date. kUnknownOutcome when a write failed: restart.
Status RecordRotation(LogDb& log, const SigningKey& key, const PendingRotation* pending, Clock& clock,
                      Publisher& publisher, Recovered& recovered);

}  // namespace envledger
