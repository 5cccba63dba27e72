// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "ledger/base/time.h"

namespace envledger {

inline constexpr Nanos kTestStart = 1'773'738'000 * kSecond;  // 2026-03-17T09:00:00Z

// Thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(Nanos now = kTestStart) : now_(now) {}
  Nanos Now() override { return now_.load(); }
  void Set(Nanos now) { now_ = now; }
  void Advance(Nanos span) { now_ += span; }

 private:
  std::atomic<Nanos> now_;
};

}  // namespace envledger
