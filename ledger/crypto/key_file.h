// Reading a file that holds a secret. Private to this room.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "ledger/base/status.h"

namespace envledger {

inline constexpr size_t kMaxKeyFileBytes = 8192;  // a PEM of an Ed25519 key has about 120

// The contents of a key file, wiped by the destructor. Fixed storage, so that growing leaves no copies behind.
class SecretBytes {
 public:
  SecretBytes() = default;
  ~SecretBytes();
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  friend Status ReadKeyFile(const std::string& path, SecretBytes& contents);
  std::array<char, kMaxKeyFileBytes> bytes_;
  size_t size_ = 0;
};

// Reads the file at `path`; a symbolic link is refused. kNotPermitted when it is not a regular file, belongs neither to
// this process's user nor to root, or can be read or written by anyone but its owner and this process's user;
// kInvalidArgument when it is longer than kMaxKeyFileBytes.
Status ReadKeyFile(const std::string& path, SecretBytes& contents);

}  // namespace envledger
