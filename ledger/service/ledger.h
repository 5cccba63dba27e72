// The whole ledger as one object: it recovers at opening, appends, answers, signs checkpoints and closes. It knows
// nothing of sockets.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/crypto/ed25519.h"
#include "ledger/index/ledger_view.h"
#include "ledger/protocol/message.h"
#include "ledger/sealing/sealer.h"
#include "ledger/service/checkpointer.h"
#include "ledger/service/indexer.h"
#include "ledger/service/log_end.h"
#include "ledger/service/recovery.h"
#include "ledger/service/refusals.h"
#include "ledger/service/sequencer.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"
#include "ledger/store/log_mark.h"

namespace envledger {

struct LedgerOptions {
  std::string data_dir;
  std::string origin;               // the origin that the ledger must have; empty: any
  std::string version = "unknown";  // the program's version, for the opened event
  std::vector<KeyValue> settings;   // what the configuration_changed event states; UTF-8
  LogDbOptions log;
  SealerOptions sealer;
  SequencerOptions sequencer;
  IndexerOptions indexer;
  CheckpointerOptions checkpointer;                  // an empty publish_path: in the data directory
  std::chrono::milliseconds refusals_every{60'000};  // the shortest interval between events that record refused appends
  std::chrono::milliseconds disk_check_every{1000};  // for free space, and whether a full disk can be written again
  std::chrono::milliseconds slow_disk{10'000};  // a write to the log that takes longer is a problem that status tells
  // The size that the log has after a loss of acknowledged entries with which it shall go on.
  std::optional<uint64_t> accept_loss = std::nullopt;
  uint64_t min_free_bytes = 256u << 20;  // on the data directory's disk; with less, appends are refused
};

// Thread-safe.
class Ledger {
 public:
  // Opens the ledger, recovers it, compares it with the published checkpoints, records a pending rotation to `key`, and
  // brings the index up to date. `key` and `clock` are not owned. `pending` (may be null) is the rotation that lies
  // beside the key; it is not used after Open. `progress` (may be empty) receives progress of the start. kNotFound when
  // there is no ledger; kInvalidArgument when its origin is another, or when accept_loss is given and nothing is lost; kNotPermitted when `key` is neither the ledger's
  // key nor the next one; kCorruption with a report when the stored data is not what the last run left.
  static Result<std::unique_ptr<Ledger>> Open(const LedgerOptions& options, const SigningKey& key,
                                              const PendingRotation* pending, Clock& clock,
                                              const std::function<void(const std::string&)>& progress);
  // Stops the threads, and leaves the ledger as a kill would; call Close for an orderly end.
  ~Ledger();

  // Seals the `opened` event, then the settings if there are any, and starts the threads that sign, index and record
  // refusals. Call it once, as soon as the ledger can be served, and before anything else is appended.
  Status Begin();

  // `work.done` is called once, when the request is durable or refused. Refusals are counted here.
  void Append(AppendWork work);
  // Counts a refusal that was decided by the caller.
  void CountRefusal(const Recorder& recorder, const Status& status);

  // Seals an event that a client asked for. `done` is called once, when the event is durable or refused; kUnavailable
  // when appends are refused.
  void Seal(LedgerEvent event, AppendDone done);
  // The durable end of the log, to read and to subscribe to.
  LogEnd& log_end() { return *end_; }

  // A view of everything acknowledged so far, all of it indexed. kUnavailable when the index has stopped. The ledger
  // must outlive the view.
  Result<LedgerView> CurrentView();
  // The same without an index (view.index is null), and so without waiting for one: for what is read by its seq.
  LedgerView LogView();
  // Reports damage that a caller found. A damaged index (IndexDamage) is rebuilt in the background. A damaged log
  // (LogDamage) is shown by the status from then on. Other statuses are ignored.
  void ReportDamage(const Status& why);
  // Signs a checkpoint of the present size, if there is none yet, and returns the latest.
  Result<std::string> SignNow();
  StatusResponse Describe() const;
  // Whether the thread that seals gets to something new within `patience`.
  bool Responds(std::chrono::milliseconds patience) { return sequencer_->Responds(patience); }

  // Seals the `closed` event, signs the last checkpoint, flushes the index and stops. Appends are refused from then on.
  // REQUIRES: Begin was ok.
  Status Close(const std::string& reason);

  // The key in force.
  const VerifierKey& verifier_key() const { return verifier_key_; }

 private:
  Ledger(const LedgerOptions& options, VerifierKey verifier_key, Clock& clock);
  Status Start(const SigningKey& key, const PendingRotation* pending,
               const std::function<void(const std::string&)>& progress);
  void StartMark();
  void StopThreads();
  void Housekeep();
  void NoteRefusals();
  void CheckDisk();
  void WriteAgain();
  std::unique_ptr<Sealer> MakeSealer(ChainEnd end) const;
  Status SealEvent(LedgerEvent event);
  std::string Problem() const;
  std::string ClockProblem() const;

  const LedgerOptions options_;
  const VerifierKey verifier_key_;
  Clock& clock_;

  // In order of construction: each may use those above it.
  std::unique_ptr<LogDb> log_;
  Refusals refusals_;
  std::unique_ptr<LogEnd> end_;
  std::unique_ptr<LogMarkWriter> mark_;  // null until Begin, or when it could not be created
  std::unique_ptr<Indexer> indexer_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Sequencer> sequencer_;
  uint64_t recovered_entries_ = 0;
  bool recovered_clean_ = false;
  FoundEnd found_;
  std::optional<AcceptedLoss> loss_;
  std::atomic<bool> disk_low_{false};

  mutable Mutex mutex_;
  CondVar wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::string log_damage_ GUARDED_BY(mutex_);
  std::string mark_problem_ GUARDED_BY(mutex_);
  std::thread housekeeping_;
};

}  // namespace envledger
