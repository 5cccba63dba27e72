// Ed25519 (RFC 8032) through OpenSSL, and private key files.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "ledger/base/status.h"

namespace envledger {

// A private key. Move-only; the secret is held only by OpenSSL's object. Sign is thread-safe.
class SigningKey {
 public:
  // A new key from the system's random source.
  static Result<SigningKey> Generate();
  // From a PEM file (PKCS #8, without a passphrase). kNotPermitted for a file that group or others can read or write,
  // that is a symbolic link or not a regular file, or that belongs neither to this process's user nor to root. An
  // access control list may admit this process's user, as on systemd's credentials. kInvalidArgument when the file
  // holds no Ed25519 key.
  static Result<SigningKey> Load(const std::string& path);
  // From the 32-byte seed of RFC 8032. kInvalidArgument for another size.
  static Result<SigningKey> FromSeed(std::string_view seed);

  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();

  // Writes the key as PEM to a new file with mode 0600, durably. kConflict when the file exists; kUnknownOutcome when
  // the file was created, but a crash may undo that.
  Status Create(const std::string& path) const;

  const std::string& public_key() const { return public_key_; }  // 32 bytes

  // The 64-byte signature of `message`.
  std::string Sign(std::string_view message) const;

 private:
  struct Impl;
  explicit SigningKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  std::string public_key_;
};

// Lets OpenSSL wipe whatever it frees, so that no piece of a private key stays behind. For programs that keep keys for
// long: call it before anything else uses OpenSSL, or it has no effect (and warns).
void WipeFreedMemory();

// Whether `signature` (64 bytes) is a valid signature of `message` by `public_key` (32 bytes). False for other sizes.
// Thread-safe.
bool VerifyEd25519(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace envledger
