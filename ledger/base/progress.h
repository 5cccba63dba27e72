// A position in the log that only moves forward, and the threads that sleep until it has got somewhere.
//
// Two positions move like this: the durable end of the log, and how far the index reaches. The thread that moves one
// does not know who waits for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/base/wakeup.h"

namespace envledger {

// Thread-safe; moved by one thread at a time. No subscriber's code runs on the moving thread: a subscriber is woken and
// looks on its own thread, so it cannot hold up the mover.
class Progress {
 public:
  class Subscription;

  explicit Progress(uint64_t at) : at_(at) {}
  // REQUIRES: no subscription is left.
  ~Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  uint64_t at() const { return at_.load(std::memory_order_acquire); }
  // Not ok between Stop and Resume.
  Status stopped() const EXCLUDES(mutex_);

  // REQUIRES: `to` is not less than at().
  void Advance(uint64_t to) EXCLUDES(mutex_);
  // It will not move until Resume, because of `why` (not ok); the first reason is kept. Wakes every subscriber, whatever
  // position it waits for.
  void Stop(Status why) EXCLUDES(mutex_);
  // It moves again. Wakes every subscriber.
  void Resume() EXCLUDES(mutex_);

 private:
  struct Wish {
    Wakeup* sleeper = nullptr;
    uint64_t position = kNever;
  };
  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();

  std::atomic<uint64_t> at_;
  mutable Mutex mutex_;
  Status stopped_ GUARDED_BY(mutex_);
  std::map<const Subscription*, Wish> wishes_ GUARDED_BY(mutex_);
};

// One thread's request to be woken. Used by that thread alone. Owns neither the progress nor the sleeper; both must
// outlive it.
class Progress::Subscription {
 public:
  // `sleeper` is what the thread sleeps on.
  Subscription(Progress& progress, Wakeup& sleeper);
  // After this returns, the sleeper is not woken for this subscription again.
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Wakes the sleeper once, when the progress reaches `position`: at once if it has. Replaces an earlier request. To be
  // woken again, call again.
  void WakeAt(uint64_t position);

 private:
  Progress& progress_;
};

}  // namespace envledger
