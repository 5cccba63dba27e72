#include "ledger/text/safe_text.h"

#include <cstdio>

#include "ledger/text/unicode.h"

namespace envledger {
namespace {

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7f && c <= 0x9f); }

// Characters that show as nothing, or rearrange what is around them (category Cf, and the separators Zl and Zp).
bool IsInvisible(char32_t c) {
  return c == 0xad || c == 0x34f || (c >= 0x600 && c <= 0x605) || c == 0x61c || c == 0x6dd || c == 0x70f ||
         (c >= 0x115f && c <= 0x1160) || (c >= 0x17b4 && c <= 0x17b5) || (c >= 0x180b && c <= 0x180e) ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0x3164 ||
         c == 0xfeff || c == 0xffa0 || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0x1d173 && c <= 0x1d17a) ||
         (c >= 0xe0000 && c <= 0xe0fff);
}

void AppendEscape(std::string& out, const char* format, char32_t value) {
  char escape[16];
  const int size = std::snprintf(escape, sizeof escape, format, static_cast<unsigned>(value));
  out.append(escape, static_cast<size_t>(size));
}

}  // namespace

std::string SafeText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    if (!point.valid || IsControl(point.value)) {
      AppendEscape(out, "\\x%02x", point.value);
    } else if (IsInvisible(point.value)) {
      AppendEscape(out, "\\u{%04x}", point.value);
    } else {
      out += text.substr(0, point.bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string SafeLines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    out += SafeText(text.substr(0, end));
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace envledger
