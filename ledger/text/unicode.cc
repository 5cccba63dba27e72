// No standard says how many columns a cluster takes, so the widths here are those that most terminals agree on: the sum
// of what the code points take by themselves, but at most two, because a cluster is drawn as one character. By itself,
// a code point takes two columns when it is wide or full-width, and none when it is a mark without a width (Mn, Me) or
// a Hangul letter that joins the one before it. utf8proc's widths differ in two ways: it gives no column to any mark,
// even one with a width (Mc), and one column to those Hangul letters. Emoji that are narrow by themselves are wide when
// U+FE0F asks for their picture (UAX #11).
#include "ledger/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>

namespace envledger {
namespace {

constexpr char32_t kEmojiStyle = 0xFE0F;  // after a character: draw it as a picture
constexpr char32_t kKeycap = 0x20E3;
constexpr size_t kMostColumns = 2;

utf8proc_int32_t Number(char32_t code_point) { return static_cast<utf8proc_int32_t>(code_point); }

unsigned BoundaryOf(char32_t code_point) { return utf8proc_get_property(Number(code_point))->boundclass; }

size_t ColumnsAlone(char32_t code_point) {
  if (code_point >= 0x20 && code_point < 0x7F) return 1;
  const unsigned boundary = BoundaryOf(code_point);
  if (boundary == UTF8PROC_BOUNDCLASS_V || boundary == UTF8PROC_BOUNDCLASS_T) return 0;
  if (utf8proc_category(Number(code_point)) == UTF8PROC_CATEGORY_MC) return 1;
  return static_cast<size_t>(utf8proc_charwidth(Number(code_point)));
}

}  // namespace

CodePoint FirstCodePoint(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  if (bytes[0] < 0x80) return {bytes[0], 1, true};
  utf8proc_int32_t value = 0;
  const utf8proc_ssize_t size = utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &value);
  if (size <= 0) return {bytes[0], 1, false};
  return {static_cast<char32_t>(value), static_cast<size_t>(size), true};
}

bool IsInvisible(char32_t code_point) {
  if (code_point >= 0xFE00 && code_point <= kEmojiStyle) return false;
  if (utf8proc_get_property(Number(code_point))->ignorable != 0) return true;
  // Code points that are not assigned yet, but are ignored in display whatever they become.
  if (code_point == 0x2065 || (code_point >= 0xFFF0 && code_point <= 0xFFF8) ||
      (code_point >= 0xE0000 && code_point <= 0xE0FFF)) {
    return true;
  }
  const utf8proc_category_t category = utf8proc_category(Number(code_point));
  return category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

Cluster FirstCluster(std::string_view text) {
  const CodePoint first = FirstCodePoint(text);
  if (!first.valid) return {};
  // Between two ASCII characters there is always a boundary, except inside CR LF.
  const bool ascii_follows = text.size() > 1 && static_cast<unsigned char>(text[1]) < 0x80;
  if (first.bytes == 1 && (text.size() == 1 || ascii_follows)) return {1, ColumnsAlone(first.value)};

  Cluster cluster{first.bytes, ColumnsAlone(first.value)};
  const bool picture = BoundaryOf(first.value) == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
  bool styled = false;
  bool keycap = false;
  utf8proc_int32_t state = 0;
  for (char32_t before = first.value; cluster.bytes < text.size();) {
    const CodePoint next = FirstCodePoint(text.substr(cluster.bytes));
    if (!next.valid || utf8proc_grapheme_break_stateful(Number(before), Number(next.value), &state)) break;
    cluster.bytes += next.bytes;
    cluster.columns += ColumnsAlone(next.value);
    styled |= next.value == kEmojiStyle;
    keycap |= next.value == kKeycap;
    before = next.value;
  }
  if (styled && (picture || keycap)) cluster.columns = kMostColumns;
  cluster.columns = std::min(cluster.columns, kMostColumns);
  return cluster;
}

size_t ColumnsOf(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const Cluster cluster = FirstCluster(text);
    columns += cluster.columns;
    text.remove_prefix(cluster.bytes);
  }
  return columns;
}

std::string CutToColumns(std::string_view text, size_t columns) {
  if (ColumnsOf(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  size_t kept = 0;
  size_t used = 0;
  while (kept < text.size()) {
    const Cluster cluster = FirstCluster(text.substr(kept));
    if (used + cluster.columns > columns - 1) break;
    used += cluster.columns;
    kept += cluster.bytes;
  }
  return std::string(text.substr(0, kept)) + "…";
}

}  // namespace envledger
