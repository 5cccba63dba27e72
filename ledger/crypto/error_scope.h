// OpenSSL's error queue, left as it was found. Private to this room.
#pragma once

#include <openssl/err.h>

namespace envledger {

// Drops the errors that were queued during its life.
class ErrorScope {
 public:
  ErrorScope() { ERR_set_mark(); }
  ~ErrorScope() { ERR_pop_to_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
};

}  // namespace envledger
