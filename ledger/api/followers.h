// Clients that wait for entries that do not exist yet. Each costs one small record and no thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <utility>
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

  // At most `limit` clients wait at a time, and of one user as many as there are free places: half of them, or fewer when
  // others wait too. `end` is the end of the log; it is not owned. When the log grows fast, those
  // who want the latest entries are woken together, once in `pause`.
  Followers(size_t limit, LogEnd& end, std::chrono::milliseconds pause = std::chrono::milliseconds(20));
  // REQUIRES: no call is under way, and none follows.
  ~Followers();

  // Identifies a waiter, for Cancel. Never reused.
  using Ticket = uint64_t;

  // Calls `wake` once: when more than `from_seq` entries are durable, and others were not just woken for that; at
  // `deadline`; or when all waiters are released. It is called on any thread, or during this call, without a lock held,
  // and must not block. Whoever is kMany entries behind, or more, is woken at once. kResourceExhausted, without a call,
  // when too many wait, or too many of the user.
  Result<Ticket> Wait(uid_t user, uint64_t from_seq, Deadline deadline, Wake wake);
  // Removes the waiter without calling it. Does nothing when the call was made or is under way.
  void Cancel(Ticket ticket);
  // Wakes all waiters; later ones are woken at once.
  void Release();
  // Releases all waiters and ends this object's thread. When it returns, that thread makes no more calls.
  void Stop();
  size_t waiting() const;

  static constexpr uint64_t kMany = 1024;

 private:
  void Run();

  struct Waiter {
    uid_t user = 0;
    uint64_t from_seq = 0;
    Ticket ticket = 0;
    Wake wake;
  };
  using Waiters = std::multimap<Deadline, Waiter>;
  // Why one more of the user cannot wait; ok when it can.
  Status WhyFull(uid_t user) const REQUIRES(mutex_);
  // Removes the waiter; returns its Wake, and the next one's place.
  std::pair<Wake, Waiters::iterator> Take(Waiters::iterator waiter) REQUIRES(mutex_);
  // Removes and returns the waiters to wake now.
  std::vector<Wake> TakeDue();
  // Subscribes to the smallest size that a waiter waits for, and returns how long the thread may sleep.
  Deadline Arm(Progress::Subscription& on_growth);
  // Whether somebody waits for entries that are there.
  bool WaitsForRound(uint64_t size) const REQUIRES(mutex_);
  // Whether the thread would sleep too long for this waiter.
  bool Oversleeps(Deadline deadline, uint64_t from_seq) const REQUIRES(mutex_);

  const size_t limit_;
  LogEnd& end_;
  const std::chrono::milliseconds pause_;
  Wakeup changed_;  // wakes the thread
  mutable Mutex mutex_;
  bool released_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  Waiters waiters_ GUARDED_BY(mutex_);
  std::map<uid_t, size_t> of_user_ GUARDED_BY(mutex_);  // how many of them; no count is 0
  Deadline next_round_ GUARDED_BY(mutex_);              // when entries that are there may wake somebody again
  Deadline sleeps_until_ GUARDED_BY(mutex_);            // as the thread was last armed
  uint64_t sleeps_to_seq_ GUARDED_BY(mutex_) = 0;
  Ticket last_ticket_ GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace envledger
