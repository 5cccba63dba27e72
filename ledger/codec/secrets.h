// Invariant 10: what looks like a credential does not enter the ledger, where it could never be removed again.
#pragma once

#include <string_view>

namespace envledger {

// What one quick pass over a text tells.
struct TextTraits {
  bool ascii = true;
  bool has_nul = false;
  bool maybe_secret = false;  // SecretIn has to look
};
TextTraits ScanText(std::string_view text);

// The kind of secret in `text` ("a JSON web token"), or nothing. FORMAT.md, "No secrets", lists the forms. It errs
// towards innocence: each form needs its prefix, its alphabet and a plausible length.
std::string_view SecretIn(std::string_view text);

}  // namespace envledger
