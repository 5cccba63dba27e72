// A waiter is taken from the list under the lock and woken after the lock is released, by the thread that took it; so
// it is woken exactly once. The single thread sleeps until the log has grown enough for some waiter, until the nearest
// deadline, or until there is a waiter for whom it would sleep too long.
//
// A busy log grows thousands of times a second. If each follower were given each group of entries by itself, dozens of
// them would cost more than the appends. So they are woken in rounds, and get what has gathered since the last one. The
// first to ask after a pause need not wait.
#include "ledger/api/followers.h"

#include <algorithm>
#include <utility>

#include "ledger/base/thread_name.h"

namespace envledger {

Followers::Followers(size_t limit, LogEnd& end, std::chrono::milliseconds pause)
    : limit_(limit), end_(end), pause_(pause), thread_([this] { Run(); }) {}

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

Result<Followers::Ticket> Followers::Wait(uid_t user, uint64_t from_seq, Deadline deadline, Wake wake) {
  Ticket ticket = 0;
  {
    const MutexLock lock(mutex_);
    ticket = ++last_ticket_;
    const uint64_t size = end_.size();
    const auto now = std::chrono::steady_clock::now();
    Status full = WhyFull(user);
    const bool there = from_seq < size;
    const bool far_behind = there && size - from_seq >= kMany;
    const bool opens_round = there && !far_behind && now >= next_round_ && !WaitsForRound(size);
    const bool at_once = released_ || far_behind || opens_round || (there && !full.ok());
    if (!at_once) {
      if (!full.ok()) return full;
      waiters_.emplace(deadline, Waiter{user, from_seq, ticket, std::move(wake)});
      ++of_user_[user];
      if (Oversleeps(deadline, from_seq)) changed_.Set();
      return ticket;
    }
    if (opens_round) next_round_ = now + pause_;
  }
  wake();
  return ticket;
}

Status Followers::WhyFull(uid_t user) const {
  const auto found = of_user_.find(user);
  const size_t mine = found != of_user_.end() ? found->second : 0;
  if (mine < limit_ - waiters_.size()) return Ok();
  const bool all = waiters_.size() >= limit_;
  return {Code::kResourceExhausted, "followers",
          (all ? std::to_string(limit_) + " clients are"
               : std::to_string(mine) + " clients of uid " + std::to_string(user) + ", this user's share, are") +
              " waiting for new entries already: ask again later, or without waiting"};
}

std::pair<Followers::Wake, Followers::Waiters::iterator> Followers::Take(Waiters::iterator waiter) {
  const auto user = of_user_.find(waiter->second.user);
  if (--user->second == 0) of_user_.erase(user);
  Wake wake = std::move(waiter->second.wake);
  return {std::move(wake), waiters_.erase(waiter)};
}

bool Followers::WaitsForRound(uint64_t size) const {
  return std::any_of(waiters_.begin(), waiters_.end(), [size](const auto& one) { return one.second.from_seq < size; });
}

bool Followers::Oversleeps(Deadline deadline, uint64_t from_seq) const {
  // The log may have grown since the thread fell asleep, and it is woken if somebody had waited for that.
  return deadline < sleeps_until_ || from_seq < sleeps_to_seq_ ||
         (from_seq < end_.size() && next_round_ < sleeps_until_);
}

void Followers::Cancel(Ticket ticket) {
  Wake dropped;  // destroyed after the lock is released
  const MutexLock lock(mutex_);
  const auto found = std::find_if(waiters_.begin(), waiters_.end(),
                                  [ticket](const auto& waiter) { return waiter.second.ticket == ticket; });
  if (found == waiters_.end()) return;
  dropped = Take(found).first;
}

void Followers::Release() {
  Waiters woken;
  {
    const MutexLock lock(mutex_);
    released_ = true;
    woken.swap(waiters_);
    of_user_.clear();
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
  const bool round = now >= next_round_;
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    const bool served = round && it->second.from_seq < size;
    if (!served && it->first > now) {
      ++it;
      continue;
    }
    if (served) next_round_ = now + pause_;
    auto [wake, next] = Take(it);
    due.push_back(std::move(wake));
    it = next;
  }
  return due;
}

Followers::Deadline Followers::Arm(Progress::Subscription& on_growth) {
  const MutexLock lock(mutex_);
  sleeps_until_ = waiters_.empty() ? Deadline::max() : waiters_.begin()->first;
  sleeps_to_seq_ = 0;
  if (waiters_.empty()) return sleeps_until_;
  const auto least = std::min_element(waiters_.begin(), waiters_.end(), [](const auto& one, const auto& other) {
    return one.second.from_seq < other.second.from_seq;
  });
  sleeps_to_seq_ = least->second.from_seq;
  if (sleeps_to_seq_ < end_.size()) {
    sleeps_until_ = std::min(sleeps_until_, next_round_);
  } else if (sleeps_to_seq_ < UINT64_MAX) {  // a waiter for the largest possible seq can only reach its deadline
    on_growth.WakeAt(sleeps_to_seq_ + 1);
  }
  return sleeps_until_;
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
    const Deadline until = Arm(on_growth);
    if (until < Deadline::max()) {
      changed_.WaitUntil(until);
    } else {
      changed_.Wait();
    }
  }
}

}  // namespace envledger
