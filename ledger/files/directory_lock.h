// One process at a time in a directory.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger {

// The rule in the status of a lock that another process holds.
inline constexpr std::string_view kRuleLocked = "locked";

// An exclusive advisory lock (flock) on the directory `path` itself, held until the descriptor is closed, also by the end
// of the process. There is no lock file that somebody could tidy away while the lock is held. Waits up to `patience` for
// another holder, then kUnavailable (kRuleLocked); kNotFound when there is no such directory. On a file system that cannot
// lock directories, as some over a network, the descriptor is an invalid one, and nothing is locked.
Result<UniqueFd> LockDirectory(const std::string& path, std::chrono::milliseconds patience);

}  // namespace envledger
