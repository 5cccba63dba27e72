// Keys as the command line gives them.
#pragma once

#include <string>

#include "ledger/base/status.h"
#include "ledger/chain/note.h"

namespace envledger::cli {

// A verifier key, or the name of a file that holds one on its first line. Not ok, whatever the code: it cannot be read.
Result<VerifierKey> ReadVerifierKey(const std::string& argument);

}  // namespace envledger::cli
