// The daemon's signing key, and the files beside it during a rotation.
#pragma once

#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/service/recovery.h"

namespace envledger {

inline constexpr char kDefaultKeyPath[] = "/var/lib/envledger/signing.key";
inline constexpr char kCredentialName[] = "signing.key";  // in $CREDENTIALS_DIRECTORY

// Returns `configured` if it is not empty; otherwise the credential kCredentialName in `credentials_directory`
// (systemd.exec(5); null or empty when systemd passes none), if it exists; otherwise kDefaultKeyPath.
std::string FindKeyFile(const std::string& configured, const char* credentials_directory);

struct LoadedKey {
  SigningKey key;
  std::optional<PendingRotation> pending;  // set when there is a rotation file that is not empty
};

// Loads the key and the files of crypto/key_paths.h beside it. A previous key that cannot be used is ignored, with a
// warning; a rotation file that cannot be read is an error. Errors of the key as for SigningKey::Load.
Result<LoadedKey> LoadKey(const std::string& key_path);

}  // namespace envledger
