// The daemon's signing key, and what lies beside it while it is being rotated.
#pragma once

#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/service/recovery.h"

namespace envledger {

inline constexpr char kDefaultKeyPath[] = "/var/lib/envledger/signing.key";
inline constexpr char kCredentialName[] = "signing.key";  // in $CREDENTIALS_DIRECTORY

// `configured`, when it is not empty; else the credential kCredentialName in `credentials_directory` (systemd.exec(5);
// null or empty when systemd hands none over), when there is one; else kDefaultKeyPath.
std::string FindKeyFile(const std::string& configured, const char* credentials_directory);

struct LoadedKey {
  SigningKey key;
  std::optional<PendingRotation> pending;  // when there is a rotation file that is not empty
};

// The key and the files of crypto/key_paths.h beside it. A previous key that cannot be used is left out, with a
// warning; a rotation file that cannot be read is an error. Errors of the key as SigningKey::Load.
Result<LoadedKey> LoadKey(const std::string& key_path);

}  // namespace envledger
