// The syntax of the configuration file: one `name = value` per line; comments begin with #.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"

namespace envledger {

struct FileSetting {
  std::string name;
  std::string value;
  size_t line = 0;  // counted from 1
};

// Parses the text of a configuration file. White space around names and values, and empty lines, are ignored.
// kInvalidArgument, naming the line, for a line that is not a setting, a setting without a name or a value, and control
// characters; so no part of the file is silently ignored.
Result<std::vector<FileSetting>> ParseConfigText(std::string_view text);

// Reads and parses the file. kInvalidArgument, naming the file, when it cannot be read (for example, because it is a
// directory), is longer than 1 MiB, or has a syntax error.
Result<std::vector<FileSetting>> ReadConfigFile(const std::string& path);

}  // namespace envledger
