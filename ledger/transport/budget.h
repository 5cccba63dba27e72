// The bytes that all connections of a server together may hold in memory.
//
// Half of the limit is divided evenly: each connection has a share that no other can use, so that connections which
// fill the memory with large frames cannot block the small frames of others. The other half is for connections that
// need more than their share, first come, first served. But room for one frame of it is reserved for one favoured
// connection. Otherwise partly received frames could fill the memory, and none of them would ever be complete.
#pragma once

#include <cstddef>

namespace envledger {

// Not thread-safe.
class Budget {
 public:
  // REQUIRES: max_connections > 0, max_frame <= limit / 2.
  Budget(size_t limit, size_t max_connections, size_t max_frame)
      : share_(limit / 2 / max_connections),
        common_(limit - share_ * max_connections - max_frame),
        favour_(max_frame) {}

  // How many more bytes a connection that holds `held` may receive now.
  size_t Room(size_t held, bool favoured) const {
    const size_t own = share_ > held ? share_ - held : 0;
    const size_t common = favoured ? common_ + favour_ : common_;
    return own + (common > common_used_ ? common - common_used_ : 0);
  }
  // A connection that held `before` bytes now holds `after`. Replies may exceed Room; then nothing more is received.
  void Change(size_t before, size_t after) {
    used_ += after - before;
    common_used_ += Beyond(after) - Beyond(before);
  }
  size_t used() const { return used_; }

 private:
  size_t Beyond(size_t held) const { return held > share_ ? held - share_ : 0; }

  const size_t share_;
  const size_t common_;
  const size_t favour_;
  size_t used_ = 0;
  size_t common_used_ = 0;  // bytes held beyond the shares
};

}  // namespace envledger
