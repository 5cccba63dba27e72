// The options of envledgerd, in one table: what each is called, takes and means, and where its value goes. The parser,
// the help and the manual pages are made from it; nothing else reads an option by its name.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/daemon/config.h"

namespace envledger {

struct DaemonOption {
  std::string name;         // without the dashes
  std::string placeholder;  // of its value; empty: it is a flag
  std::string standard;     // the value that it has without being given; empty: none
  std::string help;
  bool in_file = true;   // may also stand in the configuration file
  bool several = false;  // may be given more than once
  // Takes a value over (an empty one, of a flag), once for each that is given. kInvalidArgument for one that it cannot
  // have.
  std::function<Status(DaemonConfig& config, const std::string& value)> set;
};

// In the order of the help. The names are different.
const std::vector<DaemonOption>& DaemonOptions();

// The text of --help.
std::string DaemonHelp();

}  // namespace envledger
