// --prove and its key, for the commands whose answers can be proven.
#pragma once

#include <optional>

#include "cli/arguments/options.h"
#include "cli/context.h"
#include "ledger/base/status.h"
#include "ledger/chain/note.h"

namespace envledger::cli {

// --prove and --vkey.
OptionSpecs ProveOptions();
// The key for the proof; nothing without --prove. kInvalidArgument, naming the option; kUnavailable if the key cannot
// be read.
Result<std::optional<VerifierKey>> ProveKeyOf(const Options& options);
// Prints the error of ProveKeyOf and returns the exit status.
ExitStatus BadKey(Context& context, const Status& status);

}  // namespace envledger::cli
