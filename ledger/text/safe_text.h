// Stored text on a terminal. What producers wrote must not move the cursor, change colours, or look like different
// text.
#pragma once

#include <string>
#include <string_view>

namespace envledger {

// `text` with everything that could deceive a terminal or a reader escaped: control characters (ESC, newline, tab, the
// C1 range) and invalid UTF-8 as \xNN; bidirectional controls, zero-width and other invisible format characters, line
// and paragraph separators as \u{NNNN}. All else stays as it is, backslashes too. The JSON formats have the exact text.
std::string SafeText(std::string_view text);
// The same for text of several lines, whose newlines are kept.
std::string SafeLines(std::string_view text);

}  // namespace envledger
