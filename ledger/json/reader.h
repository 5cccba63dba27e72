// A strict pull reader over one JSON text (RFC 8259): the caller says what it expects and gets it, or an error that
// names the field.
//
// It builds no tree and recurses only as deep as its caller's grammar, so nesting in the input costs nothing. After the
// first error every read returns false, and status() keeps the error: kInvalidArgument with the field's path as rule
// ("identity.delegation[1].actor.kind", empty for the whole). Where the text is not JSON the message names the column,
// in bytes from 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"

namespace envledger {

class JsonReader {
 public:
  // Borrows `text`.
  explicit JsonReader(std::string_view text) : text_(text) { path_.reserve(8); }

  // Reads an object, calling `bool member(std::string_view key)` for each member; it must read the member's value. The
  // key is valid until `member` returns. Keys are not empty; the caller must check that they are distinct.
  template <typename Member>
  bool Object(Member&& member, std::string_view wanted = "an object");

  // Reads a list, calling `bool item()` for each item; it must read the item.
  template <typename Item>
  bool List(Item&& item);

  // Reads a string. The view is valid until the next read.
  bool AnyText(std::string_view& value, std::string_view wanted = "a string");
  // Reads a string that is not empty.
  bool Text(std::string_view& value, std::string_view wanted = "a string");
  bool Boolean(bool& value);
  // Reads an integer, as it is written.
  bool Integer(std::string_view& digits, std::string_view wanted = "an integer");
  // Reads an integer from 0 to 2^64 - 1.
  bool Unsigned(uint64_t& value);

  // What comes next.
  bool AtObject() { return Next() == '{'; }
  bool AtNumber();
  // Whether the whole text has been read.
  bool End();

  // The path of the value that is being read, or was read last.
  std::string path() const { return Path({}); }
  // Refuses the value at the current path, or the member of that name in it. Always false.
  bool Fail(std::string message, std::string_view member = {});
  const Status& status() const { return status_; }

 private:
  struct Segment {
    std::string_view key;  // of an object's member; no data for a list's item
    size_t index;
  };

  char Next();  // peeks at the next character that is not white space; 0 at the end
  bool Take(char c);
  bool Begin(char open, std::string_view wanted);
  bool Key(std::string_view& key, std::string& decoded);
  bool More(char close, bool& more);
  bool String(std::string_view& value, std::string& decoded);
  bool EscapedString(size_t begin, std::string& decoded);
  bool Escape(std::string& decoded);
  bool CodeUnit(unsigned& unit);
  bool Syntax(std::string_view message);
  bool WrongType(std::string_view wanted);
  std::string Path(std::string_view member) const;

  const std::string_view text_;
  size_t position_ = 0;
  std::vector<Segment> path_;
  std::string decoded_;
  Status status_;
};

template <typename Member>
bool JsonReader::Object(Member&& member, std::string_view wanted) {
  if (!Begin('{', wanted)) return false;
  std::string decoded;
  for (bool more = !Take('}'); more;) {
    std::string_view key;
    if (!Key(key, decoded)) return false;
    path_.push_back({key, 0});
    if (!member(key)) return false;
    path_.pop_back();
    if (!More('}', more)) return false;
  }
  return true;
}

template <typename Item>
bool JsonReader::List(Item&& item) {
  if (!Begin('[', "a list")) return false;
  size_t index = 0;
  for (bool more = !Take(']'); more;) {
    path_.push_back({{}, index++});
    if (!item()) return false;
    path_.pop_back();
    if (!More(']', more)) return false;
  }
  return true;
}

}  // namespace envledger
