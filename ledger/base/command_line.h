// A command line, taken apart into options, their values, and arguments. What the names mean is the caller's.
//
// Only long options: `--name`, `--name value`, `--name=value`. A name is never guessed from its beginning: a script
// must not change its meaning when an option is added. Behind `--` every word is an argument, and `-` alone is one too.
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

// Takes the words after the program's name apart. `kind_of` is asked about each name that is given. kInvalidArgument,
// with the name quoted (Quoted), for an unknown option, one whose value is missing or empty, or a flag with a value.
Result<CommandLine> SplitCommandLine(const std::vector<std::string>& words,
                                     const std::function<OptionKind(std::string_view name)>& kind_of);

}  // namespace envledger
