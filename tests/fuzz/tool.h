// What the tool does with the answers of a daemon.
#pragma once

#include "ledger/protocol/ledger_reader.h"

namespace envledger::fuzz {

inline constexpr uint8_t kTasks = 8;

// Performs one of the tool's tasks (modulo kTasks) with whatever `reader` answers: a proven query, a list of
// principals, exports, a report, proofs. Trusts the key of FakeLedger.
void RunTool(uint8_t task, LedgerReader& reader);

}  // namespace envledger::fuzz
