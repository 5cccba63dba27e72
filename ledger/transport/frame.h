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

// Puts frames together from a stream that arrives in pieces of any size. Memory grows as bytes arrive, to about twice
// what has arrived, and never by what a header announces.
class FrameReader {
 public:
  explicit FrameReader(uint32_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}

  // Takes bytes off the front of `input`, at most to the end of the frame that they belong to. True: that frame is now
  // in `frame`. False: `input` is used up and its last frame, if any, is not whole yet. kInvalidArgument for an empty
  // frame, kResourceExhausted (kMaxFrameBytesRule) for one above the limit; the stream cannot be read any further then.
  Result<bool> Take(std::string_view& input, std::string& frame);

  // How many bytes are missing to the end of the present frame; of its header, while that is not whole.
  size_t missing() const {
    return header_bytes_ < kFrameHeaderBytes ? kFrameHeaderBytes - header_bytes_ : size_ - body_.size();
  }

 private:
  uint32_t max_frame_bytes_;
  std::array<char, kFrameHeaderBytes> header_{};
  size_t header_bytes_ = 0;  // of the present frame's header that are there
  uint32_t size_ = 0;        // of the present frame, once its header is there
  std::string body_;         // of the present frame, as far as it is there
};

}  // namespace envledger
