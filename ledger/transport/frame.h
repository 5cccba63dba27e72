// Frames on a stream: a little-endian u32 size, then that many bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/status.h"

namespace envledger {

inline constexpr size_t kFrameHeaderBytes = 4;

// The rule in the status of a frame that announces more than the limit (kResourceExhausted).
inline constexpr std::string_view kMaxFrameBytesRule = "max-frame-bytes";

// The four bytes before a frame of `size` bytes.
std::string FrameHeader(uint32_t size);
// The size that a header announces. REQUIRES: header.size() >= 4.
uint32_t FrameSize(std::string_view header);

// Assembles frames from a stream that arrives in pieces of any size. Memory grows as bytes arrive, to about twice their
// size, and never by the size that a header announces.
class FrameReader {
 public:
  explicit FrameReader(uint32_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}

  // Takes bytes off the front of `input`, at most to the end of the frame that they belong to. True: that frame is now
  // in `frame`. False: `input` is used up, and its last frame, if any, is not complete yet. kInvalidArgument for an
  // empty frame, kResourceExhausted (kMaxFrameBytesRule) for one above the limit; the stream cannot be read after that.
  Result<bool> Take(std::string_view& input, std::string& frame);

  // How many bytes are missing to the end of the current frame, or of its header while that is incomplete.
  size_t missing() const {
    return header_bytes_ < kFrameHeaderBytes ? kFrameHeaderBytes - header_bytes_ : size_ - body_.size();
  }

 private:
  uint32_t max_frame_bytes_;
  std::array<char, kFrameHeaderBytes> header_{};
  size_t header_bytes_ = 0;  // how much of the current frame's header has arrived
  uint32_t size_ = 0;        // of the current frame, once its header has arrived
  std::string body_;         // of the current frame, as far as it has arrived
};

}  // namespace envledger
