// The options of envledgerd in one table: the name, the value and the meaning of each, and where its value is stored.
// The parser, the help and the manual pages are made from it; nothing else reads an option by name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/daemon/config.h"

namespace envledger {

struct DaemonOption {
  std::string name;         // without the dashes
  std::string placeholder;  // for its value; empty: it is a flag
  std::string standard;     // its default value; empty: it has none
  std::string help;
  bool in_file = true;   // allowed in the configuration file too
  bool several = false;  // may be given more than once
  // Stores a value; called once for each value given, with an empty one for a flag. kInvalidArgument for a value that
  // the option does not allow.
  std::function<Status(DaemonConfig& config, const std::string& value)> set;
  // Whether a value other than the default is stated in the ledger when it is opened. So is what decides who may append
  // and read, and what is recorded.
  bool sealed = false;
};

// In the order of the help. Names are unique.
const std::vector<DaemonOption>& DaemonOptions();

// The text of --help.
std::string DaemonHelp();

}  // namespace envledger
