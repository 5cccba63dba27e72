// Those who wait for entries that are not there yet: one small record each, no thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"

namespace envledger {

// Thread-safe.
class Followers {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // At most `limit` wait at a time; `size` is how many entries are durable now.
  Followers(size_t limit, uint64_t size);
  // REQUIRES: nobody calls any more.
  ~Followers();

  // Calls `wake` once: when more than `from_seq` entries are durable (here and now if they are), at `deadline`, or when
  // all are released; on any thread, with nothing locked. It must not block. kResourceExhausted, and no call, when too
  // many wait.
  Status Wait(uint64_t from_seq, Deadline deadline, std::function<void()> wake);
  // So many entries are durable.
  void Advance(uint64_t size);
  // Wakes everybody, and from now on at once.
  void Release();
  // Release, and when it returns no call of this object's own thread goes on.
  void Stop();
  size_t waiting() const;

 private:
  void Run();

  struct Waiter {
    uint64_t from_seq = 0;
    std::function<void()> wake;
  };
  const size_t limit_;
  mutable Mutex mutex_;
  CondVar changed_;
  uint64_t size_ GUARDED_BY(mutex_);
  bool released_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::multimap<Deadline, Waiter> waiters_ GUARDED_BY(mutex_);
  std::thread timer_;
};

}  // namespace envledger
