// The ledger as one object: opens and recovers it, appends, answers, checkpoints, closes. Sockets are not its business.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/index/ledger_view.h"
#include "ledger/protocol/message.h"
#include "ledger/service/checkpointer.h"
#include "ledger/service/indexer.h"
#include "ledger/service/log_end.h"
#include "ledger/service/recovery.h"
#include "ledger/service/refusals.h"
#include "ledger/service/sealer.h"
#include "ledger/service/sequencer.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

struct LedgerOptions {
  std::string data_dir;
  std::string origin;               // the name that the ledger must have; empty: any
  std::string version = "unknown";  // of the program, for the opened event
  LogDbOptions log;
  SealerOptions sealer;
  SequencerOptions sequencer;
  IndexerOptions indexer;
  CheckpointerOptions checkpointer;                  // an empty publish_path: in the data directory
  std::chrono::milliseconds refusals_every{60'000};  // refused appends are noted in the chain at most this often
  uint64_t min_free_bytes = 256u << 20;              // of the data directory's disk; below it appends are refused
};

// Thread-safe.
class Ledger {
 public:
  // Opens, recovers, compares with the published checkpoints, records a pending rotation to `key`, and brings the index
  // up. `key` and `clock` are not owned; `pending` (may be null) is what lies beside
  // the key, and is not used after Open; `progress` (may be empty) hears what start-up is doing. kNotFound when there
  // is no ledger, kInvalidArgument for one of another origin, kNotPermitted for a key that is neither the ledger's nor
  // the next one, kCorruption with a report when what is stored is not what was left.
  static Result<std::unique_ptr<Ledger>> Open(const LedgerOptions& options, const SigningKey& key,
                                              const PendingRotation* pending, Clock& clock,
                                              const std::function<void(const std::string&)>& progress);
  // As a kill would leave it, but for the threads; call Close for an orderly end.
  ~Ledger();

  // Seals the `opened` event, and starts what signs, indexes and notes by itself. To be called once, when whoever
  // opened the ledger can serve it, and before anything else is appended.
  Status Begin();

  // `work.done` is called once, when the request is durable or refused. Refusals are counted here.
  void Append(AppendWork work);
  // Counts a refusal that was decided before it came here.
  void CountRefusal(const Recorder& recorder, const Status& status);

  // Seals an event on behalf of who asks. `done` is called once, when it is durable or refused; kUnavailable when
  // appends are refused.
  void Seal(LedgerEvent event, AppendDone done);
  // The durable end of the log, to read and to subscribe to.
  LogEnd& log_end() { return *end_; }

  // Everything acknowledged so far, indexed. kUnavailable when the index has stopped. The ledger must outlive the view.
  Result<LedgerView> CurrentView();
  // Something stored was found to be damaged. Of the index (IndexDamage): it is rebuilt beside the normal work. Of the
  // log (LogDamage): the status says so from then on. Other statuses are passed over.
  void ReportDamage(const Status& why);
  // Signs a checkpoint at the present size, if there is none yet, and returns the latest.
  Result<std::string> SignNow();
  StatusResponse Describe() const;

  // Seals the `closed` event, signs the last checkpoint, flushes the index and stops. Appends are refused from then on.
  // REQUIRES: Begin was ok.
  Status Close(const std::string& reason);

  // The key in force.
  const VerifierKey& verifier_key() const { return verifier_key_; }

 private:
  Ledger(const LedgerOptions& options, VerifierKey verifier_key, Clock& clock);
  Status Start(const SigningKey& key, const PendingRotation* pending,
               const std::function<void(const std::string&)>& progress);
  void StopThreads();
  void Housekeep();
  void NoteRefusals();
  void CheckDisk();
  Status SealEvent(LedgerEvent event);
  std::string Problem() const;

  const LedgerOptions options_;
  const VerifierKey verifier_key_;
  Clock& clock_;

  // In the order of their construction: what comes later uses what comes before.
  std::unique_ptr<LogDb> log_;
  Refusals refusals_;
  std::unique_ptr<LogEnd> end_;
  std::unique_ptr<Indexer> indexer_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Sequencer> sequencer_;
  uint64_t recovered_entries_ = 0;
  bool recovered_clean_ = false;
  std::atomic<bool> disk_low_{false};

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::string log_damage_ GUARDED_BY(mutex_);
  std::thread housekeeping_;
};

}  // namespace envledger
