#include "ledger/base/bytes.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace envledger {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

uint8_t Byte(std::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

// The size of the well-formed UTF-8 sequence that `text` begins with, by Unicode 15 table 3-7; 0 when there is none.
size_t Utf8SequenceSize(std::string_view text) {
  const uint8_t lead = Byte(text, 0);
  if (lead < 0x80) return 1;
  size_t size = 0;
  uint8_t low = 0x80;
  uint8_t high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < size || Byte(text, 1) < low || Byte(text, 1) > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if ((Byte(text, i) & 0xC0) != 0x80) return 0;
  }
  return size;
}

}  // namespace

std::optional<Hash> HashFrom(std::string_view bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) return std::nullopt;
  std::memcpy(hash.data(), bytes.data(), hash.size());
  return hash;
}

void AppendU64(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void AppendU32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::string U64Key(uint64_t value) {
  std::string key;
  AppendU64(key, value);
  return key;
}

uint64_t ReadU64(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | Byte(bytes, i);
  return value;
}

uint32_t ReadU32(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | Byte(bytes, i);
  return value;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    text.push_back(kHexDigits[Byte(bytes, i) >> 4]);
    text.push_back(kHexDigits[Byte(bytes, i) & 15]);
  }
  return text;
}

std::optional<std::string> ParseHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string Base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = Byte(bytes, i) << 16;
    if (left > 1) group |= Byte(bytes, i + 1) << 8;
    if (left > 2) group |= Byte(bytes, i + 2);
    text.push_back(kBase64Digits[group >> 18]);
    text.push_back(kBase64Digits[group >> 12 & 63]);
    text.push_back(left > 1 ? kBase64Digits[group >> 6 & 63] : '=');
    text.push_back(left > 2 ? kBase64Digits[group & 63] : '=');
  }
  return text;
}

std::optional<std::string> ParseBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    size_t padding = 0;
    if (last && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
    uint32_t group = 0;
    for (size_t j = 0; j < 4; ++j) {
      const int value = j < 4 - padding ? Base64Value(text[i + j]) : 0;
      if (value < 0) return std::nullopt;
      group = group << 6 | static_cast<uint32_t>(value);
    }
    if ((padding == 1 && (group & 0xFF) != 0) || (padding == 2 && (group & 0xFFFF) != 0)) return std::nullopt;
    bytes.push_back(static_cast<char>(group >> 16));
    if (padding < 2) bytes.push_back(static_cast<char>(group >> 8));
    if (padding < 1) bytes.push_back(static_cast<char>(group));
  }
  return bytes;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    if (text.size() >= 8) {  // eight ASCII bytes at a time: nearly all real text
      uint64_t word;
      std::memcpy(&word, text.data(), 8);
      if ((word & 0x8080808080808080u) == 0) {
        text.remove_prefix(8);
        continue;
      }
    }
    const size_t size = Utf8SequenceSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string Quoted(std::string_view text) {
  constexpr size_t kLimit = 64;
  std::string quoted = "\"";
  size_t taken = 0;
  while (taken < text.size()) {
    const std::string_view rest = text.substr(taken);
    const size_t size = Utf8SequenceSize(rest);
    if (taken + std::max<size_t>(size, 1) > kLimit) break;
    const uint8_t lead = Byte(rest, 0);
    // U+0080 to U+009F, control characters too, are C2 80 to C2 9F.
    const bool control = lead < 0x20 || lead == 0x7F || (lead == 0xC2 && size == 2 && Byte(rest, 1) < 0xA0);
    if (size == 0 || control || lead == '"' || lead == '\\') {
      for (size_t i = 0; i < std::max<size_t>(size, 1); ++i) quoted += "\\x" + Hex(rest.substr(i, 1));
    } else {
      quoted += rest.substr(0, size);
    }
    taken += std::max<size_t>(size, 1);
  }
  quoted += '"';
  if (taken < text.size()) quoted += "...";
  return quoted;
}

std::optional<uint64_t> ParseDecimal(std::string_view text) {
  uint64_t value = 0;
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace envledger
