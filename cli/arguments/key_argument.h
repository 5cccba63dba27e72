// Keys and checkpoints given on the command line.
#pragma once

#include <string>

#include "cli/arguments/options.h"
#include "cli/context.h"
#include "ledger/base/status.h"
#include "ledger/chain/note.h"

namespace envledger::cli {

// `argument` is a verifier key, or the name of a file with a verifier key on its first line. Any error means that the
// key cannot be read.
Result<VerifierKey> ReadVerifierKey(const std::string& argument);

// A checkpoint that was kept in a file. Any error means that the file cannot be read or is not a checkpoint; it says
// nothing about a ledger.
Result<std::string> ReadCheckpointFile(const std::string& path);

// Prints why a key cannot be read or generated, and returns the exit status.
ExitStatus NoKey(Context& context, const Status& status);

// --origin and --key: a private key file, and the name under which it signs.
OptionSpecs SigningKeyOptions();
// kInvalidArgument, naming the option, if one is missing or the origin is not a valid name.
Status CheckSigningKeyOptions(const Options& options);

}  // namespace envledger::cli
