// Text broken into lines of a given width.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace envledger {

// The lines of `text`, each of at most `width` columns (0: no limit, one line), broken at spaces. A longer word is
// broken between its characters, so that nothing is left out and no line is too long; with `keep_words`, it is put on a
// line of its own that may be too long, for text that somebody will copy. Runs of spaces are kept, except where a line
// is broken. `text` must be safe (SafeText). Never empty: an empty text gives one empty line.
std::vector<std::string> WrapColumns(std::string_view text, size_t width, bool keep_words = false);

}  // namespace envledger
