#include "ledger/json/reader.h"

#include <algorithm>
#include <optional>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The type of a value that begins with `c`; empty when no value begins so.
std::string_view TypeOf(char c) {
  switch (c) {
    case '{':
      return "an object";
    case '[':
      return "a list";
    case '"':
      return "a string";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return IsDigit(c) || c == '-' ? "a number" : "";
  }
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void AppendUtf8(std::string& out, unsigned point) {
  const auto push = [&](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    push(point);
  } else if (point < 0x800) {
    push(0xC0 | point >> 6);
    push(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    push(0xE0 | point >> 12);
    push(0x80 | (point >> 6 & 0x3F));
    push(0x80 | (point & 0x3F));
  } else {
    push(0xF0 | point >> 18);
    push(0x80 | (point >> 12 & 0x3F));
    push(0x80 | (point >> 6 & 0x3F));
    push(0x80 | (point & 0x3F));
  }
}

// Whether a key is readable in a path without quotes.
bool IsPlain(std::string_view key) {
  return key.size() <= 64 && std::all_of(key.begin(), key.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == '/' ||
                  c == ':';
         });
}

}  // namespace

char JsonReader::Next() {
  while (position_ < text_.size() && IsSpace(text_[position_])) ++position_;
  return position_ < text_.size() ? text_[position_] : '\0';
}

bool JsonReader::Take(char c) {
  if (Next() != c) return false;
  ++position_;
  return true;
}

bool JsonReader::Begin(char open, std::string_view wanted) { return Take(open) || WrongType(wanted); }

bool JsonReader::Key(std::string_view& key, std::string& decoded) {
  if (Next() != '"') return Syntax("expected a field's name in quotes");
  if (!String(key, decoded)) return false;
  if (key.empty()) return Fail("has an empty field name");
  if (!Take(':')) return Syntax("expected ':'");
  return true;
}

bool JsonReader::More(char close, bool& more) {
  more = Take(',');
  if (more || Take(close)) return true;
  return Syntax(std::string("expected ',' or '") + close + "'");
}

bool JsonReader::AnyText(std::string_view& value, std::string_view wanted) {
  return Next() == '"' ? String(value, decoded_) : WrongType(wanted);
}

bool JsonReader::Text(std::string_view& value, std::string_view wanted) {
  return AnyText(value, wanted) && (!value.empty() || Fail("is empty: leave it out instead"));
}

bool JsonReader::Boolean(bool& value) {
  Next();
  const std::string_view rest = text_.substr(position_);
  value = rest.starts_with("true");
  if (!value && !rest.starts_with("false")) return WrongType("true or false");
  position_ += value ? 4 : 5;
  return true;
}

bool JsonReader::Integer(std::string_view& digits, std::string_view wanted) {
  if (!AtNumber()) return WrongType(wanted);
  const size_t begin = position_;
  size_t end = begin + (text_[begin] == '-' ? 1 : 0);
  const size_t first = end;
  while (end < text_.size() && IsDigit(text_[end])) ++end;
  if (end == first) return Syntax("expected a digit after '-'");
  if (end - first > 1 && text_[first] == '0') return Syntax("a number must not have leading zeros");
  if (end < text_.size() && (text_[end] == '.' || text_[end] == 'e' || text_[end] == 'E')) {
    return Fail("expected " + std::string(wanted) + " without fraction or exponent");
  }
  digits = text_.substr(begin, end - begin);
  position_ = end;
  return true;
}

bool JsonReader::Unsigned(uint64_t& value) {
  std::string_view digits;
  if (!Integer(digits)) return false;
  const std::optional<uint64_t> parsed = ParseDecimal(digits);
  value = parsed.value_or(0);
  return parsed.has_value() || Fail("not a number from 0 to 2^64 - 1: " + Quoted(digits));
}

bool JsonReader::AtNumber() {
  const char c = Next();
  return c == '-' || IsDigit(c);
}

bool JsonReader::End() {
  Next();
  return position_ == text_.size() || Syntax("expected nothing after the object");
}

// Most strings have no escapes and are returned as views of the text.
bool JsonReader::String(std::string_view& value, std::string& decoded) {
  const size_t begin = ++position_;
  bool ascii = true;
  for (; position_ < text_.size(); ++position_) {
    const auto c = static_cast<unsigned char>(text_[position_]);
    if (c == '"') break;
    if (c == '\\') {
      if (!EscapedString(begin, decoded)) return false;
      value = decoded;
      return true;
    }
    if (c < 0x20) return Syntax("control characters must be escaped in strings");
    ascii &= c < 0x80;
  }
  if (position_ == text_.size()) return Syntax("expected the string's closing quote");
  value = text_.substr(begin, position_++ - begin);
  return ascii || IsUtf8(value) || Fail("is not UTF-8: " + Quoted(value));
}

// Goes on with the string that began at `begin`, at its first escape.
bool JsonReader::EscapedString(size_t begin, std::string& decoded) {
  decoded.assign(text_.substr(begin, position_ - begin));
  while (position_ < text_.size() && text_[position_] != '"') {
    const char c = text_[position_];
    if (static_cast<unsigned char>(c) < 0x20) return Syntax("control characters must be escaped in strings");
    if (c == '\\') {
      if (!Escape(decoded)) return false;
    } else {
      decoded.push_back(c);
      ++position_;
    }
  }
  if (position_ == text_.size()) return Syntax("expected the string's closing quote");
  ++position_;
  return IsUtf8(decoded) || Fail("is not UTF-8: " + Quoted(decoded));
}

bool JsonReader::Escape(std::string& decoded) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char letter = position_ + 1 < text_.size() ? text_[position_ + 1] : '\0';
  if (const size_t i = kLetters.find(letter); i != std::string_view::npos) {
    decoded.push_back(kMeanings[i]);
    position_ += 2;
    return true;
  }
  if (letter != 'u') return Syntax("unknown escape in a string");
  unsigned point = 0;
  if (!CodeUnit(point)) return false;
  if (point >= 0xD800 && point <= 0xDBFF) {
    unsigned low = 0;
    if (!text_.substr(position_).starts_with("\\u")) return Syntax("half of a surrogate pair");
    if (!CodeUnit(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return Syntax("half of a surrogate pair");
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  } else if (point >= 0xDC00 && point <= 0xDFFF) {
    return Syntax("half of a surrogate pair");
  }
  AppendUtf8(decoded, point);
  return true;
}

// Reads the four digits of a "\u" escape.
bool JsonReader::CodeUnit(unsigned& unit) {
  unit = 0;
  for (size_t i = position_ + 2; i < position_ + 6; ++i) {
    const int digit = i < text_.size() ? HexDigit(text_[i]) : -1;
    if (digit < 0) return Syntax("expected four hexadecimal digits after \\u");
    unit = unit << 4 | static_cast<unsigned>(digit);
  }
  position_ += 6;
  return true;
}

bool JsonReader::Fail(std::string message, std::string_view member) {
  if (status_.ok()) status_ = InvalidField(Path(member), std::move(message));
  return false;
}

bool JsonReader::Syntax(std::string_view message) {
  std::string text = "not JSON at column " + std::to_string(position_ + 1) + ": ";
  text += message;
  if (position_ >= text_.size()) text += ", but the text ends here";
  return Fail(std::move(text));
}

bool JsonReader::WrongType(std::string_view wanted) {
  const std::string_view found = TypeOf(Next());
  if (found.empty()) return Syntax("expected " + std::string(wanted));
  if (found == "null") return Fail("is null: leave it out instead");
  return Fail("expected " + std::string(wanted) + ", found " + std::string(found));
}

std::string JsonReader::Path(std::string_view member) const {
  std::string path;
  const auto append_key = [&](std::string_view key) {
    if (!IsPlain(key)) {
      path += "[" + Quoted(key) + "]";
    } else {
      if (!path.empty()) path += '.';
      path += key;
    }
  };
  for (const Segment& segment : path_) {
    if (segment.key.data() == nullptr) {
      path += "[" + std::to_string(segment.index) + "]";
    } else {
      append_key(segment.key);
    }
  }
  if (!member.empty()) append_key(member);
  return path;
}

}  // namespace envledger
