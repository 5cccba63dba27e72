// --principal [KIND:]ID, --issuer and --role: which principal is meant.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments/options.h"
#include "ledger/protocol/principal_name.h"

namespace envledger::cli {

OptionSpecs PrincipalOptions();
// Without --principal the filter's id is empty. kInvalidArgument naming the option.
Result<PrincipalName> PrincipalOf(const Options& options);

// What a person should know about the choice: that no principal, or more than one, is meant. Empty: nothing.
// `principals`: those that the ledger found, as far as Resolve lists them.
std::string NoteOn(const std::vector<Principal>& principals);

}  // namespace envledger::cli
