// A file system under the log whose write-ahead log fails, or waits, when a test says so.
#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

namespace envledger {

// What happens to the write-ahead log from the chosen moment on. Nothing is written to it afterwards, as on a dead
// disk.
enum class LogFault {
  kWriteLost,      // a write fails and leaves nothing
  kWriteTorn,      // a write fails and leaves its first half
  kSyncLost,       // a sync fails, and what was written since the last one is gone
  kSyncPersisted,  // a sync fails, though everything reached the disk
};
inline constexpr LogFault kLogFaults[] = {LogFault::kWriteLost, LogFault::kWriteTorn, LogFault::kSyncLost,
                                          LogFault::kSyncPersisted};

// Thread-safe. Must outlive the databases that use it.
class FaultEnv {
 public:
  FaultEnv();
  ~FaultEnv();
  rocksdb::Env* env();

  // The fault happens at the next write (sync) but `skip`.
  void Fail(LogFault fault, int skip = 0);
  // Whether it has happened.
  bool failed() const;

  // Syncs wait from now on until Release; WaitUntilHeld returns once one waits.
  void Hold();
  void Release();
  void WaitUntilHeld();

 private:
  struct State;
  const std::shared_ptr<State> state_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace envledger
