// Who else could read or change what the daemon rests on.
#pragma once

#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/daemon/config.h"

namespace envledger {

// Looks at the directories and files that the configuration names, as far as they are there. (The key is looked at when
// it is loaded.) kNotPermitted, saying what to do, when users who are neither root nor this process's own could change
// the ledger or the configuration: the data directory, or the log or the index in it, belongs to somebody else or can
// be written by its group or by everybody; the configuration file can be written by everybody. What weakens the ledger
// without that is returned as warnings: the data directory can be read by everybody; everybody could put another data
// directory, published checkpoint or socket in the place of the ledger's.
Result<std::vector<std::string>> CheckPermissions(const DaemonConfig& config);

}  // namespace envledger
