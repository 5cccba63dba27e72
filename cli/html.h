// Text on its way into a page.
#pragma once

#include <string>
#include <string_view>

#include "cli/safe_text.h"

namespace envledger::cli {

// `text` for an element's content or a quoted attribute: what reads otherwise than it is written out (SafeText), and
// & < > " ' as character references. Not for scripts, styles or URLs.
inline std::string Html(std::string_view text) {
  std::string out;
  for (const char c : SafeText(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace envledger::cli
