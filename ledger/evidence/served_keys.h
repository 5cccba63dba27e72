// The history of a ledger's keys, from what a reader gives.
#pragma once

#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Reads the genesis and every rotation, and checks them on this side. kCorruption, naming the entry, when the history
// does not hold; errors of the reader as they are.
Result<KeyHistory> ReadKeys(LedgerReader& reader);

}  // namespace envledger
