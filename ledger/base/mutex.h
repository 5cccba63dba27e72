// std::mutex with clang's thread-safety annotations, so that `-Wthread-safety` checks which lock guards what.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define ENVLEDGER_ANNOTATION(x) __attribute__((x))
#else
#define ENVLEDGER_ANNOTATION(x)
#endif

#define CAPABILITY(x) ENVLEDGER_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY ENVLEDGER_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) ENVLEDGER_ANNOTATION(guarded_by(x))
#define REQUIRES(...) ENVLEDGER_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) ENVLEDGER_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) ENVLEDGER_ANNOTATION(release_capability(__VA_ARGS__))
#define EXCLUDES(...) ENVLEDGER_ANNOTATION(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS ENVLEDGER_ANNOTATION(no_thread_safety_analysis)

namespace envledger {

class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() { mutex_.lock(); }
  void unlock() RELEASE() { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexLock() RELEASE() { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits release the mutex and hold it again when they return, as with std::condition_variable.
class CondVar {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS { condition_.wait(mutex); }
  // False when `until` passed first.
  bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point until) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    return condition_.wait_until(mutex, until) == std::cv_status::no_timeout;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace envledger
