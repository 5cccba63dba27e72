#include "ledger/json/writer.h"

#include "ledger/base/bytes.h"

namespace envledger {

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr std::string_view kShort = "btn?fr";  // for 0x08 to 0x0D; 0x0B has none
  out += '"';
  size_t copied = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F && c != 0xC2) continue;
    size_t size = 1;
    if (c == 0xC2) {
      if (i + 1 == text.size() || static_cast<unsigned char>(text[i + 1]) > 0x9F) continue;
      c = static_cast<unsigned char>(text[i + 1]);
      size = 2;
    }
    out += text.substr(copied, i - copied);
    if (size == 1 && (c == '"' || c == '\\')) {
      out += {'\\', static_cast<char>(c)};
    } else if (c >= 0x08 && c <= 0x0D && c != 0x0B) {
      out += {'\\', kShort[c - 0x08u]};
    } else {
      out += "\\u00" + Hex({reinterpret_cast<const char*>(&c), 1});
    }
    i += size - 1;
    copied = i + 1;
  }
  out += text.substr(copied);
  out += '"';
}

std::string JsonString(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string JsonArray(const std::vector<std::string>& elements) {
  std::string text = "[";
  for (const std::string& element : elements) {
    if (text.size() > 1) text += ',';
    text += element;
  }
  return text + "]";
}

std::string JsonStrings(const std::vector<std::string>& strings) {
  std::string text = "[";
  for (const std::string& string : strings) {
    if (text.size() > 1) text += ',';
    AppendJsonString(text, string);
  }
  return text + "]";
}

}  // namespace envledger
