// What one thread sleeps on when several others may have work for it.
#pragma once

#include <chrono>
#include <utility>

#include "ledger/base/mutex.h"

namespace envledger {

// Thread-safe; waited on by one thread at a time. It only says "look": the sleeper finds out by looking what there is
// to do, so several calls of Set before it has looked count as one.
class Wakeup {
 public:
  // Ends the current wait or the next one. Never blocks for longer than another Set takes.
  void Set() EXCLUDES(mutex_) {
    {
      const MutexLock lock(mutex_);
      if (set_) return;
      set_ = true;
    }
    changed_.NotifyOne();
  }
  void Wait() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!set_) changed_.Wait(mutex_);
    set_ = false;
  }
  // False when `until` passed first.
  bool WaitUntil(std::chrono::steady_clock::time_point until) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!set_ && changed_.WaitUntil(mutex_, until)) {
    }
    return std::exchange(set_, false);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  bool set_ GUARDED_BY(mutex_) = false;
};

}  // namespace envledger
