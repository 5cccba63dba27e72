// Signs checkpoints behind the log: every so many entries or seconds, and when asked. Never one that is inconsistent
// with an earlier one, because it only ever extends the frontier that start-up checked against the last; and never one
// more when what is published shows that somebody else signs with the same key.
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
  // Also how often it is tried again to publish what could not be published.
  std::chrono::milliseconds every{10'000};
};

// Thread-safe. What it refers to is not owned.
class Checkpointer {
 public:
  // `key` is that of the last of `keys`, and `publisher` has compared its files with the log, whose end is `end`.
  Checkpointer(LogDb& log, const SigningKey& key, KeyHistory keys, const CheckpointerOptions& options, Clock& clock,
               SignedCheckpoint latest, Publisher publisher, LogEnd& end);
  ~Checkpointer();

  void Start();
  // Signs one at the durable size unless the latest is at it already, and publishes it where it is not yet. The
  // published file is written before this returns, and so is every copy that answers: see PublisherOptions for how long
  // the others are waited for. A status with a verdict, for good, once a published file shows that another daemon signs
  // with this key: what it holds must then be looked at by a person. Appends are not its business and go on. Any other
  // error is of publishing, and tried again with the next call: the log has the checkpoint.
  Status SignNow();
  // Ends the thread, without signing.
  void Stop();

  SignedCheckpoint latest() const;
  // Not ok once a checkpoint could not be stored, or none must be signed any more.
  Status failure() const;
  // Not ok while the latest checkpoint could not be published everywhere (the ledger itself has it).
  Status publish_problem() const;

 private:
  void Loop();
  Status Sign(const DurableEnd& end, SignedCheckpoint& next) REQUIRES(signing_);
  Status CheckEnd(const DurableEnd& end, const SignedCheckpoint& last) const;
  Status StopIfBroken(Status status) REQUIRES(signing_);
  // False when it is time to end. `until` is when one is due whatever the size.
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
  Status disputed_ GUARDED_BY(signing_);  // not ok: nothing is signed any more
  mutable Mutex mutex_;
  SignedCheckpoint latest_ GUARDED_BY(mutex_);
  Status failure_ GUARDED_BY(mutex_);
  Status publish_problem_ GUARDED_BY(mutex_);

  Wakeup wake_;  // of the thread
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace envledger
