// Keys and checkpoints as the command line gives them.
#pragma once

#include <string>

#include "cli/arguments/options.h"
#include "cli/context.h"
#include "ledger/base/status.h"
#include "ledger/chain/note.h"

namespace envledger::cli {

// A verifier key, or the name of a file that holds one on its first line. Not ok, whatever the code: it cannot be read.
Result<VerifierKey> ReadVerifierKey(const std::string& argument);

// A checkpoint that was kept in a file. Not ok, whatever the code: the file cannot be read, or holds no checkpoint, so
// nothing can be concluded from it, least of all about a ledger.
Result<std::string> ReadCheckpointFile(const std::string& path);

// What to say and return when a key cannot be read or made.
ExitStatus NoKey(Context& context, const Status& status);

// --origin and --key: a private key file, and the name under which it signs.
OptionSpecs SigningKeyOptions();
// kInvalidArgument naming the option: both are needed, and the origin must be a name.
Status CheckSigningKeyOptions(const Options& options);

}  // namespace envledger::cli
