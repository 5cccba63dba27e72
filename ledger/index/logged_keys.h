// The history of a ledger's keys, read from its log.
#pragma once

#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/store/log_db.h"

namespace envledger {

// From the genesis and the rotations that the log has noted: few reads, however long the log is. A note that was lost
// makes the history end too early; whoever relies on its end compares it with what the last key must have signed.
// kCorruption when a noted entry is no rotation, or one that does not follow from those before.
Result<KeyHistory> NotedKeys(const LogDb& log);

}  // namespace envledger
