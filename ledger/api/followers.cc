// A waiter leaves the list under the lock, and is woken after it: whoever takes it out wakes it, so it is woken once.
// The one thread sleeps until the nearest deadline; it is told when a nearer one comes.
#include "ledger/api/followers.h"

#include <utility>
#include <vector>

#include "ledger/base/thread_name.h"

namespace envledger {

Followers::Followers(size_t limit, uint64_t size) : limit_(limit), size_(size), timer_([this] { Run(); }) {}

Followers::~Followers() { Stop(); }

void Followers::Stop() {
  Release();
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  if (timer_.joinable()) timer_.join();
}

Status Followers::Wait(uint64_t from_seq, Deadline deadline, std::function<void()> wake) {
  {
    const MutexLock lock(mutex_);
    if (from_seq >= size_ && !released_) {
      if (waiters_.size() >= limit_) {
        return {Code::kResourceExhausted, "followers",
                std::to_string(limit_) + " clients wait for new entries already: ask again later, or without waiting"};
      }
      const auto place = waiters_.emplace(deadline, Waiter{from_seq, std::move(wake)});
      if (place == waiters_.begin()) changed_.NotifyAll();
      return Ok();
    }
  }
  wake();
  return Ok();
}

void Followers::Advance(uint64_t size) {
  std::vector<std::function<void()>> woken;
  {
    const MutexLock lock(mutex_);
    if (size <= size_) return;
    size_ = size;
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (it->second.from_seq >= size) {
        ++it;
        continue;
      }
      woken.push_back(std::move(it->second.wake));
      it = waiters_.erase(it);
    }
  }
  for (const auto& wake : woken) wake();
}

void Followers::Release() {
  std::multimap<Deadline, Waiter> woken;
  {
    const MutexLock lock(mutex_);
    released_ = true;
    woken.swap(waiters_);
  }
  for (const auto& [deadline, waiter] : woken) waiter.wake();
}

size_t Followers::waiting() const {
  const MutexLock lock(mutex_);
  return waiters_.size();
}

void Followers::Run() {
  NameThisThread("followers");
  for (;;) {
    std::vector<std::function<void()>> woken;
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
      if (waiters_.empty()) {
        changed_.Wait(mutex_);
      } else {
        changed_.WaitUntil(mutex_, waiters_.begin()->first);
      }
      const auto now = std::chrono::steady_clock::now();
      while (!waiters_.empty() && waiters_.begin()->first <= now) {
        woken.push_back(std::move(waiters_.begin()->second.wake));
        waiters_.erase(waiters_.begin());
      }
    }
    for (const auto& wake : woken) wake();
  }
}

}  // namespace envledger
