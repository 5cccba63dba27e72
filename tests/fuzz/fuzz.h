// What the fuzz targets share. A target is a file NAME_fuzz.cc with the function below. libFuzzer calls it with inputs
// that it invents (preset `fuzz`); the test of this folder calls it with those of corpus/NAME.
//
// A target checks properties, not only that nothing crashes: what a reader accepts can be written again, what was
// written is read as the same value, and the later steps of the program can use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "ledger/base/status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace envledger::fuzz {

// Ends the program, naming the property, unless it holds. libFuzzer then keeps the input.
inline void Require(bool holds, const std::string& property) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", property.c_str());
  std::abort();
}

// The same for a call that must not fail; its value.
inline void RequireOk(const Status& status, const std::string& property) {
  Require(status.ok(), property + ": " + status.ToString());
}
template <typename T>
T RequireOk(Result<T> result, const std::string& property) {
  RequireOk(result.status(), property);
  return *std::move(result);
}

inline std::string_view View(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

// Takes an input apart from its front. When it is used up, numbers are 0 and texts empty.
class Pieces {
 public:
  explicit Pieces(std::string_view input) : rest_(input) {}

  uint8_t Byte() { return static_cast<uint8_t>(Number(1)); }
  // Little-endian, of eight bytes.
  uint64_t Number() { return Number(8); }
  // The text up to the next newline, which is taken too; or all that is left.
  std::string_view Line() {
    const size_t end = rest_.find('\n');
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    return line;
  }
  std::string_view Bytes(size_t count) {
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(bytes.size());
    return bytes;
  }
  std::string_view rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

 private:
  uint64_t Number(size_t bytes) {
    uint64_t number = 0;
    const std::string_view taken = Bytes(bytes);
    for (size_t i = taken.size(); i-- > 0;) number = number << 8 | static_cast<uint8_t>(taken[i]);
    return number;
  }

  std::string_view rest_;
};

}  // namespace envledger::fuzz
