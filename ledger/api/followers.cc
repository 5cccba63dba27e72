// A waiter is taken from the list under the lock and woken after the lock is released, by the thread that took it; so
// it is woken exactly once. The single thread sleeps until the log has grown enough for some waiter, until the nearest
// deadline, or until there is a new waiter.
#include "ledger/api/followers.h"

#include <algorithm>
#include <utility>

#include "ledger/base/thread_name.h"

namespace envledger {

Followers::Followers(size_t limit, LogEnd& end) : limit_(limit), end_(end), thread_([this] { Run(); }) {}

Followers::~Followers() { Stop(); }

void Followers::Stop() {
  Release();
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.Set();
  if (thread_.joinable()) thread_.join();
}

Result<Followers::Ticket> Followers::Wait(uint64_t from_seq, Deadline deadline, Wake wake) {
  Ticket ticket = 0;
  {
    const MutexLock lock(mutex_);
    ticket = ++last_ticket_;
    if (from_seq >= end_.size() && !released_) {
      if (waiters_.size() >= limit_) {
        return Status(Code::kResourceExhausted, "followers",
                      std::to_string(limit_) +
                          " clients are waiting for new entries already: ask again later, or without waiting");
      }
      waiters_.emplace(deadline, Waiter{from_seq, ticket, std::move(wake)});
      changed_.Set();  // the thread notices if the log has grown meanwhile
      return ticket;
    }
  }
  wake();
  return ticket;
}

void Followers::Cancel(Ticket ticket) {
  Wake dropped;  // destroyed after the lock is released
  const MutexLock lock(mutex_);
  const auto found = std::find_if(waiters_.begin(), waiters_.end(),
                                  [ticket](const auto& waiter) { return waiter.second.ticket == ticket; });
  if (found == waiters_.end()) return;
  dropped = std::move(found->second.wake);
  waiters_.erase(found);
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

std::vector<Followers::Wake> Followers::TakeDue() {
  std::vector<Wake> due;
  const uint64_t size = end_.size();
  const auto now = std::chrono::steady_clock::now();
  const MutexLock lock(mutex_);
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    if (it->first > now && it->second.from_seq >= size) {
      ++it;
      continue;
    }
    due.push_back(std::move(it->second.wake));
    it = waiters_.erase(it);
  }
  return due;
}

std::optional<Followers::Deadline> Followers::Arm(Progress::Subscription& on_growth) {
  const MutexLock lock(mutex_);
  if (waiters_.empty()) return std::nullopt;
  const auto least = std::min_element(waiters_.begin(), waiters_.end(), [](const auto& one, const auto& other) {
    return one.second.from_seq < other.second.from_seq;
  });
  // A waiter for the largest possible seq can only reach its deadline.
  if (const uint64_t seq = least->second.from_seq; seq < UINT64_MAX) on_growth.WakeAt(seq + 1);
  return waiters_.begin()->first;
}

void Followers::Run() {
  NameThisThread("followers");
  Progress::Subscription on_growth(end_.progress(), changed_);
  for (;;) {
    {
      const MutexLock lock(mutex_);
      if (stopping_) return;
    }
    for (const Wake& wake : TakeDue()) wake();
    const std::optional<Deadline> nearest = Arm(on_growth);
    if (nearest) {
      changed_.WaitUntil(*nearest);
    } else {
      changed_.Wait();
    }
  }
}

}  // namespace envledger
