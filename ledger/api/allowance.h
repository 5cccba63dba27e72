// How often something may be done for each user: at a rate in the long run, and at once for a burst.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <unordered_map>

#include "ledger/base/mutex.h"

namespace envledger {

// Thread-safe.
class Allowance {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // REQUIRES: per_second > 0. `burst` of them are allowed at once to a user who has had none for long.
  Allowance(uint64_t per_second, uint64_t burst);

  // Counts one for the user, whether it is allowed or not. The next is allowed from the returned time on.
  Time Take(uid_t user, Time now) EXCLUDES(mutex_);

 private:
  const std::chrono::nanoseconds interval_;
  const std::chrono::nanoseconds burst_;  // the time in which the rate allows as many
  Mutex mutex_;
  // When the rate alone would allow the next. When there are many users, those for whom that is past are forgotten.
  std::unordered_map<uid_t, Time> due_ GUARDED_BY(mutex_);
  size_t many_ GUARDED_BY(mutex_) = 1024;
};

}  // namespace envledger
