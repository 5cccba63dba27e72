// Frames on a stream: a little-endian u32 size, then that many bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace envledger {

inline constexpr size_t kFrameHeaderBytes = 4;

// The four bytes before a frame of `size` bytes.
std::string FrameHeader(uint32_t size);
// The size that a header announces. REQUIRES: header.size() >= 4.
uint32_t FrameSize(std::string_view header);

}  // namespace envledger
