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

// What is wrong with a buffer, and where. The innermost check names its field, and each caller puts its own field in
// front as the failing calls return, so that the good path never builds a path. Every function returns false, for
// `return fault.Set(...)`.
struct Fault {
  std::string rule;     // "no-secrets"; empty for rules without a name
  std::string path;     // "identity.delegation[1].actor.kind"; empty: the buffer as a whole
  std::string problem;  // completes the sentence that begins with the path: "is missing"

  bool Set(std::string_view field, std::string what, std::string_view rule_name = {});
  bool In(std::string_view field);  // the path so far lies in this field
  bool InItem(size_t index);        // ... in this item of a list

  // `whole` ("transition") stands for the path when it is empty.
  Status ToStatus(Code code, std::string_view whole) const;
};

// Limits on a kind of buffer that its schema does not express.
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

  // Whether `size` bytes at `data` (8-byte aligned) are exactly one buffer of this kind, as FORMAT.md, "Buffers",
  // defines it. The buffer is not trusted in any way, and the work is bounded by its size.
  bool Check(const uint8_t* data, size_t size, Fault& fault) const;

  struct Table;

 private:
  struct Tables;
  ShapeLimits limits_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace envledger
