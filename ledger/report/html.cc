#include "ledger/report/html.h"

#include "ledger/text/safe_text.h"
#include "ledger/text/unicode.h"

namespace envledger {
namespace {

// The Unicode blocks that are written from right to left. Whole blocks, not only assigned characters: browsers treat
// the others as right to left too, and producers may use them.
bool IsRightToLeft(char32_t c) {
  return (c >= 0x590 && c <= 0x8ff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfefc) ||
         (c >= 0x10800 && c <= 0x10fff) || (c >= 0x1e800 && c <= 0x1efff);
}

std::string_view Reference(char32_t c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

std::string Html(std::string_view text) {
  const std::string safe = SafeText(text);
  std::string_view rest = safe;
  std::string out;
  out.reserve(safe.size());
  size_t words_end = 0;  // end of right-to-left words that have no mark yet; they may continue after blanks
  const auto mark = [&out, &words_end] {
    if (words_end != 0) out.insert(words_end, "&lrm;");
    words_end = 0;
  };
  while (!rest.empty()) {
    const CodePoint point = FirstCodePoint(rest);
    const bool right_to_left = point.valid && IsRightToLeft(point.value);
    if (!right_to_left && point.value != ' ') mark();
    const std::string_view reference = Reference(point.value);
    out += reference.empty() ? rest.substr(0, point.bytes) : reference;
    if (right_to_left) words_end = out.size();
    rest.remove_prefix(point.bytes);
  }
  mark();
  return out;
}

}  // namespace envledger
