#include "ledger/base/worker_pool.h"

#include <sys/resource.h>

#include <utility>

#include "ledger/base/thread_name.h"

namespace envledger {

WorkerPool::WorkerPool(const WorkerPoolOptions& options) : options_(options) {
  for (unsigned i = 0; i < options.threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Submit(Owner owner, Task task) {
  {
    const MutexLock lock(mutex_);
    std::deque<Task>& queue = tasks_[owner];
    if (queue.empty()) turns_.push_back(owner);
    queue.push_back(std::move(task));
  }
  wake_.NotifyOne();
}

void WorkerPool::HoldBack(Owner owner, Time until) {
  {
    const MutexLock lock(mutex_);
    const Time now = std::chrono::steady_clock::now();
    std::erase_if(held_back_, [now](const auto& one) { return one.second <= now; });
    held_back_[owner] = until;
  }
  wake_.NotifyAll();  // it may be earlier than before
}

bool WorkerPool::IsHeldBack(Owner owner, std::optional<Time>& nearest) {
  const auto held = held_back_.find(owner);
  if (stopping_ || held == held_back_.end() || held->second <= std::chrono::steady_clock::now()) return false;
  if (!nearest || held->second < *nearest) nearest = held->second;
  return true;
}

std::optional<WorkerPool::Task> WorkerPool::TakeNext(std::optional<Time>& nearest) {
  auto next = turns_.begin();
  while (next != turns_.end() && IsHeldBack(*next, nearest)) ++next;
  if (next == turns_.end()) return std::nullopt;
  const Owner owner = *next;
  turns_.erase(next);
  const auto queue = tasks_.find(owner);
  Task task = std::move(queue->second.front());
  queue->second.pop_front();
  if (queue->second.empty()) {
    tasks_.erase(queue);
  } else {
    turns_.push_back(owner);
  }
  return task;
}

void WorkerPool::Run() {
  NameThisThread(options_.name.c_str());
  // On Linux these calls are about the calling thread alone. Where it may not lower its priority, it works all the same.
  if (options_.nice > 0) setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + options_.nice);
  for (;;) {
    std::optional<Task> task;
    {
      const MutexLock lock(mutex_);
      for (;;) {
        std::optional<Time> nearest;
        task = TakeNext(nearest);
        if (task) break;
        if (stopping_) return;
        if (nearest) {
          wake_.WaitUntil(mutex_, *nearest);
        } else {
          wake_.Wait(mutex_);
        }
      }
    }
    (*task)();
  }
}

}  // namespace envledger
