// The names of the files beside a private key file while its key is being rotated.
#pragma once

#include <string>

namespace envledger {

// The new key, before it replaces the old one.
inline std::string NextKeyPath(const std::string& key_path) { return key_path + ".next"; }
// The old key, after that. It co-signs the checkpoints around the rotation, and is of no use once the rotation is
// recorded.
inline std::string PreviousKeyPath(const std::string& key_path) { return key_path + ".previous"; }
// The rotation, signed by both keys: public, and all that the ledger needs to record it.
inline std::string RotationPath(const std::string& key_path) { return key_path + ".rotation"; }

}  // namespace envledger
