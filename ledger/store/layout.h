// Where the parts of a ledger lie in its data directory.
#pragma once

#include <filesystem>
#include <string>

#include "ledger/base/status.h"

namespace envledger {

inline std::string LogPath(const std::string& data_dir) { return data_dir + "/log"; }
inline std::string IndexPath(const std::string& data_dir) { return data_dir + "/index"; }
// An index that is made beside a damaged one, and takes its place when the daemon stops or starts.
inline std::string RebuiltIndexPath(const std::string& data_dir) { return data_dir + "/index.rebuilt"; }
// A file whose presence says that the index in IndexPath was found to be damaged; it holds why.
inline std::string DamageMarkPath(const std::string& data_dir) { return data_dir + "/index.damaged"; }
// The published checkpoint, unless the configuration names another place.
inline std::string PublishedCheckpointPath(const std::string& data_dir) { return data_dir + "/checkpoint"; }

// Ok too when there is none; kUnavailable when it cannot be removed.
inline Status RemoveDamageMark(const std::string& data_dir) {
  std::error_code error;
  std::filesystem::remove(DamageMarkPath(data_dir), error);
  return error ? Unavailable("remove " + DamageMarkPath(data_dir) + ": " + error.message()) : Ok();
}

}  // namespace envledger
