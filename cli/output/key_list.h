// Printing keys.
#pragma once

#include <string>

#include "cli/context.h"
#include "cli/output/output_style.h"
#include "ledger/chain/key_history.h"
#include "ledger/crypto/ed25519.h"

namespace envledger::cli {

// Prints the verifier key of a signing key on a line of its own, and returns the exit status.
ExitStatus PrintVerifierKey(Context& context, const std::string& origin, const SigningKey& key);

// One row per key, oldest first. jsonl prints {"vkey", "seq", "recorded_at", "vouched_for_by"} per line, json
// {"origin", "keys": [...]}.
void PrintKeys(Context& context, const OutputStyle& style, const KeyHistory& keys);

}  // namespace envledger::cli
