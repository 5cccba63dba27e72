// What a verification found, printed.
#pragma once

#include <ostream>
#include <string>

#include "cli/output/output_style.h"
#include "ledger/chain/verifier.h"

namespace envledger::cli {

// {"verdict", "ok", "entries", "tree_size", "root", "checkpoints", "failures": [{"seq", "check", "message"}], "checks":
// {}} and then failure_count, origin, vkey, key_is_trusted and keys, the ledger's history.
std::string VerifyJson(const VerifyReport& report);
std::string VerifyCsv(const VerifyReport& report);
void PrintVerify(std::ostream& out, const OutputStyle& style, const VerifyReport& report);

}  // namespace envledger::cli
