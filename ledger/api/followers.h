// Those who wait for entries that are not there yet: one small record each, no thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/progress.h"
#include "ledger/base/status.h"
#include "ledger/base/wakeup.h"
#include "ledger/service/log_end.h"

namespace envledger {

// Thread-safe.
class Followers {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  using Wake = std::function<void()>;

  // At most `limit` wait at a time. `end`, that of the log, is not owned.
  Followers(size_t limit, LogEnd& end);
  // REQUIRES: nobody calls any more.
  ~Followers();

  // Names somebody who waits, for Cancel. Never the same again.
  using Ticket = uint64_t;

  // Calls `wake` once: when more than `from_seq` entries are durable (here and now if they are), at `deadline`, or when
  // all are released; on any thread, with nothing locked. It must not block. kResourceExhausted, and no call, when too
  // many wait.
  Result<Ticket> Wait(uint64_t from_seq, Deadline deadline, Wake wake);
  // Drops who waits, without a call. Nothing happens when the call was made, or is being made.
  void Cancel(Ticket ticket);
  // Wakes everybody, and from now on at once.
  void Release();
  // Release, and when it returns no call of this object's own thread goes on.
  void Stop();
  size_t waiting() const;

 private:
  void Run();

  struct Waiter {
    uint64_t from_seq = 0;
    Ticket ticket = 0;
    Wake wake;
  };
  // Takes out whoever is to be woken now.
  std::vector<Wake> TakeDue();
  // Asks to be woken for whoever waits for the least, and gives the nearest deadline.
  std::optional<Deadline> Arm(Progress::Subscription& on_growth);

  const size_t limit_;
  LogEnd& end_;
  Wakeup changed_;  // of the thread
  mutable Mutex mutex_;
  bool released_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::multimap<Deadline, Waiter> waiters_ GUARDED_BY(mutex_);
  Ticket last_ticket_ GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace envledger
