// A few threads that run tasks for several owners, who take turns.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"

namespace envledger {

struct WorkerPoolOptions {
  unsigned threads = 1;
  std::string name = "worker";  // of the threads; at most 15 characters
  int nice = 0;                 // added to the threads' nice value: 19 is the lowest priority
};

// Thread-safe. The queue is unbounded, so callers must limit what they submit.
class WorkerPool {
 public:
  using Owner = uint64_t;
  using Task = std::function<void()>;
  using Time = std::chrono::steady_clock::time_point;

  explicit WorkerPool(const WorkerPoolOptions& options);
  // Runs what was submitted, also for those who are held back, then ends the threads.
  ~WorkerPool();

  // The tasks of one owner are begun in order. An owner who has submitted many waits for its turn after each, while
  // others have any.
  void Submit(Owner owner, Task task);
  // Begins no further task of the owner before `until`. Replaces an earlier call for this owner.
  void HoldBack(Owner owner, Time until);

 private:
  void Run();
  // The next task of whose turn it is. Otherwise nullopt, and `nearest` is when somebody is no longer held back.
  std::optional<Task> TakeNext(std::optional<Time>& nearest) REQUIRES(mutex_);
  bool IsHeldBack(Owner owner, std::optional<Time>& nearest) REQUIRES(mutex_);

  const WorkerPoolOptions options_;
  Mutex mutex_;
  CondVar wake_;
  std::map<Owner, std::deque<Task>> tasks_ GUARDED_BY(mutex_);  // no queue is empty
  std::deque<Owner> turns_ GUARDED_BY(mutex_);                  // the owners in tasks_
  std::map<Owner, Time> held_back_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace envledger
