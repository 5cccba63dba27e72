// UTF-8 code points, what a reader takes for one character, and how many columns that takes on a terminal. The
// properties of code points come from utf8proc; wcwidth() would need a UTF-8 locale to be installed and selected, which
// a tool run from a script does not have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace envledger {

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
  bool valid = false;  // otherwise `bytes` is 1 and `value` the byte
};
// The first code point of `text`. REQUIRES: not empty.
CodePoint FirstCodePoint(std::string_view text);

// Whether a code point is invisible by itself, or rearranges the text around it: format characters, line and paragraph
// separators, fillers and everything else that is ignored in display. Variation selectors (U+FE00 to U+FE0F), which
// choose how the character before them is drawn, and marks do not count.
bool IsInvisible(char32_t code_point);

// A grapheme cluster (UAX #29): a letter with its marks, a syllable of Hangul letters, a flag, an emoji with its skin
// tone or joined ones.
struct Cluster {
  size_t bytes = 1;
  size_t columns = 1;  // 0 to 2
};
// The first cluster of `text`; a byte that is not UTF-8 is one by itself. REQUIRES: not empty.
Cluster FirstCluster(std::string_view text);

size_t ColumnsOf(std::string_view text);

// The longest prefix of `text`, in whole clusters, that takes at most `columns`. When something is cut off, it ends in
// "…".
std::string CutToColumns(std::string_view text, size_t columns);

}  // namespace envledger
