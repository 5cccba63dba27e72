#include "ledger/transport/frame.h"

#include <algorithm>
#include <utility>

namespace envledger {

std::string FrameHeader(uint32_t size) {
  std::string header(kFrameHeaderBytes, '\0');
  for (size_t i = 0; i < kFrameHeaderBytes; ++i) header[i] = static_cast<char>(size >> (8 * i) & 0xff);
  return header;
}

uint32_t FrameSize(std::string_view header) {
  uint32_t size = 0;
  for (size_t i = 0; i < kFrameHeaderBytes; ++i) size |= uint32_t{static_cast<uint8_t>(header[i])} << (8 * i);
  return size;
}

Result<bool> FrameReader::Take(std::string_view& input, std::string& frame) {
  if (header_bytes_ < kFrameHeaderBytes) {
    const size_t count = std::min(kFrameHeaderBytes - header_bytes_, input.size());
    std::copy_n(input.data(), count, header_.data() + header_bytes_);
    header_bytes_ += count;
    input.remove_prefix(count);
    if (header_bytes_ < kFrameHeaderBytes) return false;
    size_ = FrameSize({header_.data(), header_.size()});
    if (size_ == 0) return InvalidArgument("an empty frame");
    if (size_ > max_frame_bytes_) {
      return Status(Code::kResourceExhausted, std::string(kMaxFrameBytesRule),
                    "a frame of " + std::to_string(size_) + " bytes; the limit is " + std::to_string(max_frame_bytes_));
    }
  }
  const size_t count = std::min(size_ - body_.size(), input.size());
  const size_t needed = body_.size() + count;
  if (needed > body_.capacity()) body_.reserve(std::min<size_t>(size_, std::max(needed, 2 * body_.size())));
  body_.append(input.substr(0, count));
  input.remove_prefix(count);
  if (body_.size() < size_) return false;
  frame = std::exchange(body_, {});
  header_bytes_ = 0;
  return true;
}

}  // namespace envledger
