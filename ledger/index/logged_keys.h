// The history of a ledger's keys, read from its log.
#pragma once

#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/store/log_db.h"

namespace envledger {

// From the genesis and the rotations noted in the log: few reads, however long the log is. If a note was lost, the
// history ends too early; a caller that relies on its end must compare it with what the last key has signed.
// kCorruption when a noted entry is not a rotation, or does not follow from those before.
Result<KeyHistory> NotedKeys(const LogDb& log);

}  // namespace envledger
