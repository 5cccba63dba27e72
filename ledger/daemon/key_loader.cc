#include "ledger/daemon/key_loader.h"

#include <unistd.h>

#include "ledger/base/log.h"
#include "ledger/crypto/key_paths.h"
#include "ledger/files/file.h"

namespace envledger {

std::string FindKeyFile(const std::string& configured, const char* credentials_directory) {
  if (!configured.empty()) return configured;
  if (credentials_directory != nullptr && *credentials_directory != '\0') {
    std::string credential = std::string(credentials_directory) + "/" + kCredentialName;
    // If the credential exists, it is used: an unusable one is refused, not ignored.
    if (access(credential.c_str(), F_OK) == 0) return credential;
  }
  return kDefaultKeyPath;
}

Result<LoadedKey> LoadKey(const std::string& key_path) {
  ENVLEDGER_ASSIGN_OR_RETURN(SigningKey key, SigningKey::Load(key_path));
  LoadedKey loaded{std::move(key), std::nullopt};
  auto note = ReadRegularFile(RotationPath(key_path), kMaxNoteBytes);
  if (note.status().code() == Code::kNotFound) return loaded;
  ENVLEDGER_RETURN_IF_ERROR(note.status());
  if (note->empty()) return loaded;  // an empty credential means that there is no rotation
  loaded.pending.emplace();
  loaded.pending->note = *std::move(note);
  auto previous = SigningKey::Load(PreviousKeyPath(key_path));
  if (previous.ok()) {
    loaded.pending->previous = *std::move(previous);
  } else if (previous.status().code() != Code::kNotFound) {
    Log(LogLevel::kWarning, "the previous key is not used: " + previous.status().ToString());
  }
  return loaded;
}

}  // namespace envledger
