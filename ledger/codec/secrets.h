// Invariant 10: text that looks like a credential does not enter the ledger, because it could never be removed again.
#pragma once

#include <string_view>

namespace envledger {

// What one quick pass over a text finds out.
struct TextTraits {
  bool ascii = true;
  bool has_nul = false;
  bool maybe_secret = false;  // SecretIn has to decide
};
TextTraits ScanText(std::string_view text);

// The kind of secret in `text` ("a JSON web token"), or empty. FORMAT.md, "No secrets", lists the forms. When in doubt,
// a text is taken to be harmless: each form needs its prefix, its alphabet and a plausible length.
std::string_view SecretIn(std::string_view text);

}  // namespace envledger
