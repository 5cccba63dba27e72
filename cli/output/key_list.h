// The keys of a ledger, printed.
#pragma once

#include "cli/context.h"
#include "cli/output/output_style.h"
#include "ledger/chain/key_history.h"

namespace envledger::cli {

// One row a key, oldest first. jsonl prints {"vkey", "seq", "recorded_at", "vouched_for_by"} a line, json
// {"origin", "keys": [...]}.
void PrintKeys(Context& context, const OutputStyle& style, const KeyHistory& keys);

}  // namespace envledger::cli
