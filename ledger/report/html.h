// Text on its way into a page.
#pragma once

#include <string>
#include <string_view>

namespace envledger {

// `text` for an element's content or a quoted attribute: what reads otherwise than it is written out (SafeText),
// & < > " ' as character references, and after right-to-left words a left-to-right mark, so that what follows them
// stands after them: "8 -> 4" of a resource with an Arabic name would else read "4 -> 8". Not for scripts, styles or
// URLs.
std::string Html(std::string_view text);

}  // namespace envledger
