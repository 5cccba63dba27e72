// Scripts that teach shells the command line, written from the table of commands. Each knows the commands, their
// options, the values of options that have a fixed set of them, and where files belong.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/commands.h"

namespace envledger::cli {

std::string BashCompletion(const std::vector<Command>& commands);
std::string ZshCompletion(const std::vector<Command>& commands);
std::string FishCompletion(const std::vector<Command>& commands);

}  // namespace envledger::cli
