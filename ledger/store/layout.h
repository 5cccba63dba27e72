// Where the parts of a ledger lie in its data directory.
#pragma once

#include <string>

namespace envledger {

inline std::string LogPath(const std::string& data_dir) { return data_dir + "/log"; }
inline std::string IndexPath(const std::string& data_dir) { return data_dir + "/index"; }
// The published checkpoint, unless the configuration names another place.
inline std::string PublishedCheckpointPath(const std::string& data_dir) { return data_dir + "/checkpoint"; }

}  // namespace envledger
