// OpenSSL's error queue, left as it was found. Private to this room.
#pragma once

#include <openssl/err.h>

namespace envledger {

// Discards the errors that are queued during its lifetime.
class ErrorScope {
 public:
  ErrorScope() { ERR_set_mark(); }
  ~ErrorScope() { ERR_pop_to_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

}  // namespace envledger
