// --principal [KIND:]ID, --issuer and --role, which select a principal.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments/options.h"
#include "ledger/protocol/principal_name.h"

namespace envledger::cli {

OptionSpecs PrincipalOptions();
// Without --principal the filter's id is empty. kInvalidArgument, naming the option.
Result<PrincipalName> PrincipalOf(const Options& options);

// A note for the user if no principal, or more than one, has the given name; otherwise empty. `principals`: those that
// the ledger found, as far as Resolve lists them.
std::string NoteOn(const std::vector<Principal>& principals);

}  // namespace envledger::cli
