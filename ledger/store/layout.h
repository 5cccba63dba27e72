// The paths of a ledger's parts in its data directory.
#pragma once

#include <filesystem>
#include <string>

#include "ledger/base/status.h"

namespace envledger {

inline std::string LogPath(const std::string& data_dir) { return data_dir + "/log"; }
// The mark of how far the log was acknowledged (log_mark.h).
inline std::string LogMarkPath(const std::string& data_dir) { return data_dir + "/log-mark"; }
inline std::string IndexPath(const std::string& data_dir) { return data_dir + "/index"; }
// An index that is built beside a damaged one and replaces it when the daemon stops or starts.
inline std::string RebuiltIndexPath(const std::string& data_dir) { return data_dir + "/index.rebuilt"; }
// A file that marks the index in IndexPath as damaged, and holds the reason.
inline std::string DamageMarkPath(const std::string& data_dir) { return data_dir + "/index.damaged"; }
// The published checkpoint, unless the configuration names another place.
inline std::string PublishedCheckpointPath(const std::string& data_dir) { return data_dir + "/checkpoint"; }

// Ok when there is none, too; kUnavailable when it cannot be removed.
inline Status RemoveDamageMark(const std::string& data_dir) {
  std::error_code error;
  std::filesystem::remove(DamageMarkPath(data_dir), error);
  return error ? Unavailable("remove " + DamageMarkPath(data_dir) + ": " + error.message()) : Ok();
}

}  // namespace envledger
