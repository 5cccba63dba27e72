// Reads the key history of a ledger from a reader.
#pragma once

#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/evidence/proof_checker.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Reads the genesis and every rotation, and checks them here. kCorruption, naming the entry, when the history does not
// hold; errors of the reader are returned as they are.
Result<KeyHistory> ReadKeys(LedgerReader& reader);

// Makes `checker` learn the history, if its rule needs it. kCorruption when the history does not hold or lacks the
// given key, whatever the cause; errors of the reader that say nothing about the history are returned as they are.
Status LearnKeys(LedgerReader& reader, ProofChecker& checker);

}  // namespace envledger
