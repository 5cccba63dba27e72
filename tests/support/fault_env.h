// A file system for the log database. Its write-ahead log fails or waits when a test says so.
#pragma once

#include <memory>

namespace rocksdb {
class Env;
}

namespace envledger {

// What happens to the write-ahead log at the chosen moment. Afterwards nothing more can be written to it, as on a dead
// disk.
enum class LogFault {
  kWriteLost,      // a write fails and leaves nothing
  kWriteTorn,      // a write fails and leaves its first half
  kSyncLost,       // a sync fails, and everything written since the last sync is lost
  kSyncPersisted,  // a sync fails, although everything reached the disk
};
inline constexpr LogFault kLogFaults[] = {LogFault::kWriteLost, LogFault::kWriteTorn, LogFault::kSyncLost,
                                          LogFault::kSyncPersisted};

// Thread-safe. Must outlive the databases that use it.
class FaultEnv {
 public:
  FaultEnv();
  ~FaultEnv();
  rocksdb::Env* env();

  // After `skip` more writes (or syncs), the next one fails.
  void Fail(LogFault fault, int skip = 0);
  // Whether it has happened.
  bool failed() const;

  // From now on syncs wait until Release. WaitUntilHeld returns once a sync is waiting.
  void Hold();
  void Release();
  void WaitUntilHeld();

 private:
  struct State;
  const std::shared_ptr<State> state_;
  const std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace envledger
