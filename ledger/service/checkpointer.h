// Signs checkpoints as the log grows: after a number of entries, after a time, and on request. No checkpoint is
// inconsistent with an earlier one, because each extends the frontier that start-up checked against the last. Signing
// ends for good when a published file shows that somebody else signs with the same key.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/progress.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/base/wakeup.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/service/log_end.h"
#include "ledger/service/publisher.h"
#include "ledger/store/log_db.h"

namespace envledger {

struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::string note;
  Nanos signed_at = 0;
};

struct CheckpointerOptions : PublisherOptions {
  uint64_t every_entries = 10'000;
  // Publishing that failed is retried at this interval too.
  std::chrono::milliseconds every{10'000};
};

// Thread-safe. The objects passed by reference are not owned.
class Checkpointer {
 public:
  // `key` is the private half of the last key in `keys`. `publisher` has compared its files with the log, and `end` is
  // the end of that log.
  Checkpointer(LogDb& log, const SigningKey& key, KeyHistory keys, const CheckpointerOptions& options, Clock& clock,
               SignedCheckpoint latest, Publisher publisher, LogEnd& end);
  ~Checkpointer();

  void Start();
  // Signs a checkpoint of the durable size, unless the latest one has that size, and publishes it where it is not
  // published yet. The published file and every copy that answers are written before this returns; PublisherOptions
  // says how long it waits for the others. Once a published file shows that another daemon signs with this key, this
  // call and every later one return a status with a verdict, and a person must look at that file. Appends are not
  // affected. Any other error means that publishing failed and the next call tries again: the checkpoint is in the log.
  Status SignNow();
  // Signs again after a checkpoint could not be stored, once the log can be written.
  void Resume();
  // Ends the thread without signing.
  void Stop();

  SignedCheckpoint latest() const;
  // Not ok while checkpoints cannot be stored, and once signing has ended for good.
  Status failure() const;
  // Not ok while the latest checkpoint could not be published everywhere (the ledger itself has it).
  Status publish_problem() const;

 private:
  void Loop();
  Status Sign(const DurableEnd& end, SignedCheckpoint& next) REQUIRES(signing_);
  Status CheckEnd(const DurableEnd& end, const SignedCheckpoint& last) const;
  Status StopIfBroken(Status status) REQUIRES(signing_);
  void NotePublishProblem(const Status& problem) EXCLUDES(mutex_);
  // Returns true when a checkpoint is due, at `until` at the latest, and false when the thread must end.
  bool WaitUntilDue(Progress::Subscription& on_growth, std::chrono::steady_clock::time_point until);
  Status Fail(Status why);

  LogDb& log_;
  const SigningKey& key_;
  const KeyHistory keys_;
  const CheckpointerOptions options_;
  Clock& clock_;
  LogEnd& end_;

  Mutex signing_;  // one signature at a time; taken before mutex_
  Publisher publisher_ GUARDED_BY(signing_);
  Status disputed_ GUARDED_BY(signing_);  // not ok: signing has ended for good
  mutable Mutex mutex_;
  SignedCheckpoint latest_ GUARDED_BY(mutex_);
  Status failure_ GUARDED_BY(mutex_);
  Status publish_problem_ GUARDED_BY(mutex_);

  Wakeup wake_;  // wakes the thread
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace envledger
