#include "ledger/text/safe_text.h"

#include <cstdio>

#include "ledger/text/unicode.h"

namespace envledger {
namespace {

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7f && c <= 0x9f); }

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
