// Bytes aligned for FlatBuffers, which loads integers in place: a buffer must begin at a multiple of 8.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace envledger {

// The given bytes themselves when they are aligned, otherwise a copy. Borrows the given bytes in both cases.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::string_view bytes) : original_(bytes), data_(bytes.data()) {
    if (reinterpret_cast<uintptr_t>(data_) % sizeof(uint64_t) == 0) return;
    copy_ = std::make_unique_for_overwrite<uint64_t[]>(bytes.size() / sizeof(uint64_t) + 1);
    std::memcpy(copy_.get(), bytes.data(), bytes.size());
    data_ = reinterpret_cast<const char*>(copy_.get());
  }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(data_); }
  size_t size() const { return original_.size(); }

  // The view of the given bytes that corresponds to the `size` bytes at `part`, which lies in data().
  std::string_view Original(const void* part, size_t size) const {
    return {original_.data() + (static_cast<const char*>(part) - data_), size};
  }

 private:
  std::string_view original_;
  std::unique_ptr<uint64_t[]> copy_;
  const char* data_;
};

}  // namespace envledger
