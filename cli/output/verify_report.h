// Printing the result of a verification.
#pragma once

#include <ostream>
#include <string>

#include "cli/output/output_style.h"
#include "ledger/chain/verifier.h"

namespace envledger::cli {

// {"verdict", "ok", "entries", "tree_size", "root", "checkpoints", "failures": [{"seq", "check", "message"}], "checks":
// {}, "failure_count", "origin", "vkey", "key_is_trusted", "keys"}; keys is the history of the ledger's keys.
std::string VerifyJson(const VerifyReport& report);
std::string VerifyCsv(const VerifyReport& report);
void PrintVerify(std::ostream& out, const OutputStyle& style, const VerifyReport& report);

}  // namespace envledger::cli
