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
// The key to prove by; nothing without --prove. kInvalidArgument naming the option, kUnavailable when it cannot be
// read.
Result<std::optional<VerifierKey>> ProveKeyOf(const Options& options);
// What a command says and returns when ProveKeyOf gave no key.
ExitStatus BadKey(Context& context, const Status& status);

}  // namespace envledger::cli
