// Escapes text for a page.
#pragma once

#include <string>
#include <string_view>

namespace envledger {

// Returns `text` for the content of an element or a quoted attribute. Characters that could display misleadingly are
// escaped (SafeText); & < > " ' become character references; and right-to-left words are followed by a left-to-right
// mark, so that the text after them is displayed after them: otherwise "8 -> 4" for a resource with an Arabic name
// would read "4 -> 8". Not for scripts, styles or URLs.
std::string Html(std::string_view text);

}  // namespace envledger
