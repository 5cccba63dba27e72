#include "manual/roff.h"

#include <algorithm>
#include <cstdio>

#include "ledger/text/unicode.h"

namespace envledger::manual {

std::string Roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    if (line_begins && (point.value == '.' || point.value == '\'')) out += "\\&";
    if (point.value == '\\') {
      out += "\\e";
    } else if (point.value == '-') {
      out += "\\-";
    } else if (point.value == '\'') {
      out += "\\(aq";
    } else if (point.value == '`') {
      out += "\\(ga";
    } else if (point.value == '^') {
      out += "\\(ha";
    } else if (point.value == '~') {
      out += "\\(ti";
    } else if (point.value > 0x7e) {
      char escape[16];
      std::snprintf(escape, sizeof escape, "\\[u%04X]", static_cast<unsigned>(point.value));
      out += escape;
    } else {
      out += text.substr(0, point.bytes);
    }
    line_begins = point.value == '\n';
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string Paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    out += end == 0 ? ".PP" : Roff(text.substr(0, end));
    out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string Example(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return ".PP\n.nf\n.RS\n" + Roff(text) + "\n.RE\n.fi\n";
}

std::string Item(std::string_view name, std::string_view value, std::string_view text) {
  std::string out = ".TP\n\\fB" + Roff(name) + "\\fR";
  if (!value.empty()) out += " \\fI" + Roff(value) + "\\fR";
  return out + "\n" + Paragraphs(text);
}

}  // namespace envledger::manual
