// Checks who else could read or change the files that the daemon relies on.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/daemon/config.h"

namespace envledger {

// Checks the directories and files that the configuration names, as far as they exist. (The key is checked when it is
// loaded.) kNotPermitted, with advice, when users other than root and this process's own could change the ledger or the
// configuration: the data directory, or the log or the index in it, belongs to somebody else or can be written by its
// group or by everybody; or the configuration file can be written by everybody. Lesser weaknesses are returned as
// warnings: everybody can read the data directory, or could replace the data directory, the published checkpoint or a
// socket by another.
Result<std::vector<std::string>> CheckPermissions(const DaemonConfig& config);

}  // namespace envledger
