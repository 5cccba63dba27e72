// Advance stores the position before it looks through the subscriptions, and a subscription stores its request before
// it looks at the position, both under the mutex. Whichever comes second sees the first, so no wake-up is lost. The
// mutex is held for one look at each subscription, with at most one Wakeup::Set, and there are only as many
// subscriptions as the ledger has waiting threads. So the mover is never held up.
#include "ledger/base/progress.h"

#include <utility>

namespace envledger {

Status Progress::stopped() const {
  const MutexLock lock(mutex_);
  return stopped_;
}

void Progress::Advance(uint64_t to) {
  const MutexLock lock(mutex_);
  at_.store(to, std::memory_order_release);
  for (auto& [subscription, wish] : wishes_) {
    if (wish.position > to) continue;
    wish.position = kNever;
    wish.sleeper->Set();
  }
}

void Progress::Stop(Status why) {
  const MutexLock lock(mutex_);
  if (stopped_.ok()) stopped_ = std::move(why);
  for (auto& [subscription, wish] : wishes_) wish.sleeper->Set();
}

void Progress::Resume() {
  const MutexLock lock(mutex_);
  stopped_ = Ok();
  for (auto& [subscription, wish] : wishes_) wish.sleeper->Set();
}

Progress::Subscription::Subscription(Progress& progress, Wakeup& sleeper) : progress_(progress) {
  const MutexLock lock(progress_.mutex_);
  progress_.wishes_[this].sleeper = &sleeper;
}

Progress::Subscription::~Subscription() {
  const MutexLock lock(progress_.mutex_);
  progress_.wishes_.erase(this);
}

void Progress::Subscription::WakeAt(uint64_t position) {
  const MutexLock lock(progress_.mutex_);
  Wish& wish = progress_.wishes_[this];
  const bool now = progress_.at() >= position;
  wish.position = now ? kNever : position;
  if (now) wish.sleeper->Set();
}

}  // namespace envledger
