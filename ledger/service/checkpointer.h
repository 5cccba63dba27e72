// Signs checkpoints behind the log: every so many entries or seconds, and when asked. Never one that is inconsistent
// with an earlier one, because it only ever extends the frontier that start-up checked against the last.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/service/chain_end.h"
#include "ledger/store/log_db.h"

namespace envledger {

struct CheckpointerOptions {
  uint64_t every_entries = 10'000;
  std::chrono::milliseconds every{10'000};
  std::string publish_path;  // where the latest note is placed durably
};

struct SignedCheckpoint {
  Checkpoint checkpoint;
  std::string note;
  Nanos signed_at = 0;
};

// The bytes that LogDb keeps beside a checkpoint, and back: the frontier before the checkpoint's last leaf.
std::string EncodeFrontier(const Frontier& frontier);
Result<Frontier> DecodeFrontier(uint64_t size, std::string_view bytes);

// Thread-safe. What it refers to is not owned.
class Checkpointer {
 public:
  // `durable` gives the durable end; `on_failure` hears once that a checkpoint could not be stored.
  Checkpointer(LogDb& log, const SigningKey& key, VerifierKey verifier_key, const CheckpointerOptions& options,
               Clock& clock, SignedCheckpoint latest, std::function<DurableEnd()> durable,
               std::function<void(const Status&)> on_failure);
  ~Checkpointer();

  void Start();
  // The log has grown.
  void Notify(uint64_t size);
  // Signs one at the durable size unless the latest is at it already. The published copy is written before this
  // returns.
  Status SignNow();
  // Ends the thread, without signing.
  void Stop();

  SignedCheckpoint latest() const;
  // Not ok while the latest checkpoint could not be published (the ledger itself has it).
  Status publish_problem() const;

 private:
  void Loop();

  LogDb& log_;
  const SigningKey& key_;
  const VerifierKey verifier_key_;
  const CheckpointerOptions options_;
  Clock& clock_;
  const std::function<DurableEnd()> durable_;
  const std::function<void(const Status&)> on_failure_;

  Mutex signing_;  // one signature at a time; taken before mutex_
  mutable Mutex mutex_;
  CondVar wake_;
  SignedCheckpoint latest_ GUARDED_BY(mutex_);
  Status publish_problem_ GUARDED_BY(mutex_);
  uint64_t size_ GUARDED_BY(mutex_) = 0;  // of the log, as last heard
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace envledger
