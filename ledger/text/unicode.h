// UTF-8 code points and how many columns they take on a terminal.
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

// 0 for combining marks, 2 for wide East Asian characters and emoji, 1 for all else.
unsigned ColumnsOf(char32_t code_point);
size_t ColumnsOf(std::string_view text);

// The longest beginning of `text` that takes at most `columns`; when something is left out it ends in "…".
std::string CutToColumns(std::string_view text, size_t columns);

}  // namespace envledger
