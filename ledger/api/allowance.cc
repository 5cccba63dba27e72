#include "ledger/api/allowance.h"

#include <algorithm>

namespace envledger {

Allowance::Allowance(uint64_t per_second, uint64_t burst)
    : interval_(std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second),
      burst_(interval_ * (burst > 0 ? burst - 1 : 0)) {}

Allowance::Time Allowance::Take(uid_t user, Time now) {
  const MutexLock lock(mutex_);
  if (due_.size() >= many_) {
    std::erase_if(due_, [now](const auto& one) { return one.second <= now; });
    many_ = std::max(many_, 2 * due_.size());
  }
  Time& due = due_[user];
  due = std::max(due, now) + interval_;
  return due - burst_;
}

}  // namespace envledger
