// The history of a ledger's keys, from what a reader gives.
#pragma once

#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/evidence/proof_checker.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Reads the genesis and every rotation, and checks them on this side. kCorruption, naming the entry, when the history
// does not hold; errors of the reader as they are.
Result<KeyHistory> ReadKeys(LedgerReader& reader);

// Has `checker` learn the history, if its rule needs it. kCorruption when the history does not hold or lacks the key
// given, whatever is wrong with it; errors of the reader that say nothing of the history as they are.
Status LearnKeys(LedgerReader& reader, ProofChecker& checker);

}  // namespace envledger
