// A few threads that run tasks from one queue, in order.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"

namespace envledger {

// Thread-safe. The queue is unbounded, so callers must limit what they submit.
class WorkerPool {
 public:
  explicit WorkerPool(unsigned threads);
  // Runs what was submitted, then ends the threads.
  ~WorkerPool();
  void Submit(std::function<void()> task);

 private:
  void Run();

  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> tasks_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace envledger
