// The shape of a buffer: everything about its form that the schema and a few limits decide, in one bounded pass.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/base/status.h"

namespace flatbuffers {
struct TypeTable;
}

namespace envledger {

// What is wrong with a buffer, and where. The innermost check names its field, and its callers put theirs before it as
// the failing call unwinds: the good path never builds a path. Every function returns false, for `return
// fault.Set(...)`.
struct Fault {
  std::string rule;     // of the rules that have a name: "no-secrets"
  std::string path;     // "identity.delegation[1].actor.kind"; empty: the buffer as a whole
  std::string problem;  // what follows the path in a sentence: "is missing"

  bool Set(std::string_view field, std::string what, std::string_view rule_name = {});
  bool In(std::string_view field);  // the path so far lies in this field
  bool InItem(size_t index);        // ... in this item of a list

  // `whole` names the buffer where there is no path: "transition".
  Status ToStatus(Code code, std::string_view whole) const;
};

// What a schema does not say about a kind of buffer.
struct ShapeLimits {
  std::string_view identifier;               // four bytes
  size_t max_bytes = (size_t{1} << 31) - 1;  // FlatBuffers' own limit
  size_t max_string_bytes = max_bytes;
  size_t max_list_items = max_bytes;
  bool whole_words = false;  // the buffer's size is a multiple of 8
  bool strict_text = false;  // strings are not empty, without U+0000, and hold no secrets
};

// A kind of buffer. Immutable once built; thread-safe.
class Shape {
 public:
  Shape(const flatbuffers::TypeTable* root, const ShapeLimits& limits);
  ~Shape();

  // Whether `size` bytes at `data` (8-byte aligned) are exactly one buffer of this kind. FORMAT.md, "Buffers", says
  // what that means. Nothing of the buffer is trusted, and the work is bounded by its size.
  bool Check(const uint8_t* data, size_t size, Fault& fault) const;

  struct Table;

 private:
  struct Tables;
  ShapeLimits limits_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace envledger
