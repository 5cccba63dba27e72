// Which ledger a command reads.
#pragma once

#include "cli/arguments/options.h"
#include "cli/context.h"

namespace envledger::cli {

// --socket, --data-dir and --timeout.
OptionSpecs SourceOptions();
// --tiles, for commands that can also read an export.
OptionSpecs TilesOption();
// kInvalidArgument, naming the option.
Result<LedgerSource> SourceOf(const Context& context, const Options& options);

// Concatenates the sets.
OptionSpecs Join(std::initializer_list<OptionSpecs> sets);

}  // namespace envledger::cli
