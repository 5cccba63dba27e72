// The bytes that wait to be written to one connection.
//
// Small frames are gathered in blocks, so that a burst of acknowledgments is one buffer; large ones are not copied.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <utility>

#include "ledger/transport/frame.h"

namespace envledger {

class Output {
 public:
  // REQUIRES: a size that a frame header can announce.
  void AddFrame(std::string frame) {
    if (blocks_.empty() || blocks_.back().size() >= kBlockBytes) blocks_.emplace_back();
    blocks_.back() += FrameHeader(static_cast<uint32_t>(frame.size()));
    size_ += kFrameHeaderBytes + frame.size();
    if (frame.size() <= kSmallBytes) {
      blocks_.back() += frame;
    } else {
      blocks_.push_back(std::move(frame));
    }
  }
  bool empty() const { return blocks_.empty(); }
  size_t size() const { return size_; }
  // Calls take(data, size) for the first blocks, at most `count` of them.
  template <typename F>
  void ForFirst(size_t count, const F& take) const {
    size_t skip = written_;
    for (size_t i = 0; i < count && i < blocks_.size(); ++i) {
      take(blocks_[i].data() + skip, blocks_[i].size() - skip);
      skip = 0;
    }
  }
  // The first `count` bytes have been written.
  void Consume(size_t count) {
    size_ -= count;
    written_ += count;
    while (!blocks_.empty() && written_ >= blocks_.front().size()) {
      written_ -= blocks_.front().size();
      blocks_.pop_front();
    }
  }
  void Clear() {
    blocks_.clear();
    written_ = 0;
    size_ = 0;
  }

 private:
  static constexpr size_t kSmallBytes = 4 << 10;
  static constexpr size_t kBlockBytes = 64 << 10;

  std::deque<std::string> blocks_;  // no block is empty
  size_t written_ = 0;              // of the first block
  size_t size_ = 0;                 // in all, not yet written
};

}  // namespace envledger
