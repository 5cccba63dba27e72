// Which ledger a command reads.
#pragma once

#include "cli/arguments/options.h"
#include "cli/context.h"

namespace envledger::cli {

// --socket, --data-dir and --timeout.
OptionSpecs SourceOptions();
// --tiles beside them, for commands that can read an export.
OptionSpecs TilesOption();
// kInvalidArgument naming the option.
Result<LedgerSource> SourceOf(const Context& context, const Options& options);

// The specifications of several sets, one after the other.
OptionSpecs Join(std::initializer_list<OptionSpecs> sets);

}  // namespace envledger::cli
