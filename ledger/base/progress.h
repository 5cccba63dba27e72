// A position in the log that only moves forward, and the threads that sleep until it has got somewhere.
//
// Two things of a ledger move so: the durable end of its log, and how far its index reaches. Whoever moves one knows
// nothing of who waits for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/base/wakeup.h"

namespace envledger {

// Thread-safe; moved by one thread at a time. Nobody's code runs on the thread that moves it: a subscriber is woken,
// and looks on its own thread, so no subscriber can hold up the mover.
class Progress {
 public:
  class Subscription;

  explicit Progress(uint64_t at) : at_(at) {}
  // REQUIRES: no subscription is left.
  ~Progress() = default;
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  uint64_t at() const { return at_.load(std::memory_order_acquire); }
  // Not ok once it will move no more.
  Status stopped() const EXCLUDES(mutex_);

  // REQUIRES: `to` is not less than at().
  void Advance(uint64_t to) EXCLUDES(mutex_);
  // It will move no more, because of `why` (not ok); the first reason stays. Wakes every subscriber, whatever it waits
  // for.
  void Stop(Status why) EXCLUDES(mutex_);

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

// The wish of one thread to be woken. Used by that thread alone. Neither the progress nor the sleeper is owned, and
// both must outlive it.
class Progress::Subscription {
 public:
  // `sleeper` is what the thread sleeps on.
  Subscription(Progress& progress, Wakeup& sleeper);
  // When this returns nobody is waking the sleeper for this subscription, and nobody will.
  ~Subscription();
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  // Wakes the sleeper once, as soon as the progress is at `position` or beyond: at once when it is. Replaces what was
  // asked for before. To go on being woken, ask again.
  void WakeAt(uint64_t position);

 private:
  Progress& progress_;
};

}  // namespace envledger
