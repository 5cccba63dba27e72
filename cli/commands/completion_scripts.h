// Completion scripts for shells, generated from the table of commands. Each completes the commands, their options, the
// values of options with a fixed set of values, and file names.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/commands.h"

namespace envledger::cli {

std::string BashCompletion(const std::vector<Command>& commands);
std::string ZshCompletion(const std::vector<Command>& commands);
std::string FishCompletion(const std::vector<Command>& commands);

}  // namespace envledger::cli
