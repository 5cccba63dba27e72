// Text broken into lines that fit.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace envledger {

// The lines of `text`, each of at most `width` columns (0: no limit, one line), broken at spaces; a word that is longer
// is broken between its characters, so that nothing is left out and nothing runs over the edge; or, with `keep_words`,
// stands on a line of its own and runs over, for what somebody will copy. Two or more spaces stand as they are, except
// where a line is broken. `text` must be safe (SafeText). Never empty: one empty line for no text.
std::vector<std::string> WrapColumns(std::string_view text, size_t width, bool keep_words = false);

}  // namespace envledger
