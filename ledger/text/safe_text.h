// Stored text on a terminal: what producers wrote must not move the cursor, change colours, or read otherwise than it
// is.
#pragma once

#include <string>
#include <string_view>

namespace envledger {

// `text` with everything that a terminal or an eye could be deceived by written out: control characters (ESC, newline,
// tab, the C1 range) and bytes that are not UTF-8 as \xNN; bidirectional controls, zero-width and other invisible
// format characters, line and paragraph separators as \u{NNNN}. All else, backslashes too, stays as it is: the exact
// text is in the json formats.
std::string SafeText(std::string_view text);
// The same of text of several lines, whose ends stay.
std::string SafeLines(std::string_view text);

}  // namespace envledger
