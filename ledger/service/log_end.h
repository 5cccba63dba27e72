// The durable end of the log. The committing thread advances it; other threads read it or wait for it.
#pragma once

#include <cstdint>
#include <utility>

#include "ledger/base/bytes.h"
#include "ledger/base/mutex.h"
#include "ledger/base/progress.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/chain/tree.h"

namespace envledger {

// The end of the log up to which everything is durable. The frontier before the last leaf is kept too: stored beside a
// checkpoint, it lets start-up prove with one read that the last entry is the one that the checkpoint was signed for.
struct DurableEnd {
  Frontier frontier;
  Frontier before_last;  // without the last leaf
  Hash last_leaf_hash{};
  Nanos last_recorded_at = 0;
  uint64_t size() const { return frontier.size(); }
};

// Thread-safe; only one thread may advance it at a time.
class LogEnd {
 public:
  explicit LogEnd(DurableEnd end) : size_(end.size()), end_(std::move(end)) {}

  // Makes `end` the durable end. REQUIRES: end.size() is greater than size(). Subscribers are woken when their size is
  // reached, and Get() then returns at least that size.
  void Advance(DurableEnd end) EXCLUDES(mutex_) {
    const uint64_t size = end.size();
    {
      const MutexLock lock(mutex_);
      std::swap(end_, end);
    }
    size_.Advance(size);
  }
  // Nothing more becomes durable: a write to the log failed, or a broken invariant prevented it.
  void Stop(const Status& why) { size_.Stop(why); }
  // Entries can become durable again.
  void Resume() { size_.Resume(); }

  // Not ok between Stop and Resume.
  Status failure() const { return size_.stopped(); }
  uint64_t size() const { return size_.at(); }
  DurableEnd Get() const EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return end_;
  }
  // The size, to subscribe to.
  Progress& progress() { return size_; }

 private:
  Progress size_;
  mutable Mutex mutex_;
  DurableEnd end_ GUARDED_BY(mutex_);
};

}  // namespace envledger
