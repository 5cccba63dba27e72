// SHA-256 through OpenSSL, with the algorithm fetched once and one context a thread: three to four times faster than
// EVP_Digest for the short inputs of a ledger.
#pragma once

#include <initializer_list>
#include <string_view>

#include "ledger/base/bytes.h"

namespace envledger {

// The hash of the concatenation of `parts`. Thread-safe. Aborts the process if OpenSSL itself fails (out of memory, no
// provider), because no caller could go on.
Hash Sha256(std::initializer_list<std::string_view> parts);
inline Hash Sha256(std::string_view bytes) { return Sha256({bytes}); }

}  // namespace envledger
