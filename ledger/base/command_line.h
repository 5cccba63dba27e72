// Splits a command line into options with their values, and arguments. The caller decides what the names mean.
//
// Only long options: `--name`, `--name value`, `--name=value`. Abbreviated names are not accepted, because a script
// must not change its meaning when an option is added. After `--` every word is an argument, and so is a lone `-`.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"

namespace envledger {

enum class OptionKind { kUnknown, kFlag, kValue };

struct GivenOption {
  std::string name;   // without the dashes
  std::string value;  // empty for a flag, and only for one
};

struct CommandLine {
  std::vector<GivenOption> options;    // in order
  std::vector<std::string> arguments;  // in order
};

// Splits the words after the program's name. `kind_of` is called with the name of each option. kInvalidArgument, with
// the name quoted (Quoted), for an unknown option, a missing or empty value, or a flag with a value.
Result<CommandLine> SplitCommandLine(const std::vector<std::string>& words,
                                     const std::function<OptionKind(std::string_view name)>& kind_of);

}  // namespace envledger
