// The form of the configuration file: one `name = value` a line, comments from # on.
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
  size_t line = 0;  // from 1
};

// Takes the text of a configuration file apart. White space around names and values does not count, and neither do
// empty lines. kInvalidArgument, naming the line, for one that is no setting, a setting without a name or a value, and
// control characters; so nothing of the file is ever passed over.
Result<std::vector<FileSetting>> ParseConfigText(std::string_view text);

// Reads the file and takes it apart. kInvalidArgument, naming the file, for one that cannot be read (a directory, say),
// is longer than 1 MiB, or is not of this form.
Result<std::vector<FileSetting>> ReadConfigFile(const std::string& path);

}  // namespace envledger
