// One process at a time in a directory.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger {

// The rule in the status of LockDirectory when another process holds the lock.
inline constexpr std::string_view kRuleLocked = "locked";

// An exclusive advisory lock (flock) on the directory `path` itself, held until the descriptor is closed or the process
// ends. There is no lock file that somebody could tidy away while the lock is held. Waits up to `patience` for another
// holder, then returns kUnavailable (kRuleLocked); kNotFound when there is no such directory. Some file systems, mostly
// network ones, cannot lock directories: the descriptor returned is then invalid, and nothing is locked.
Result<UniqueFd> LockDirectory(const std::string& path, std::chrono::milliseconds patience);

}  // namespace envledger
