// The single writer: a bounded queue in front of one sealing thread, and one thread that commits sealed groups.
//
// While a group is on its way to disk the next one is being sealed. Answers are given only after the synced write of
// their group returned; if that write fails, the writer stops for good.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "ledger/base/mutex.h"
#include "ledger/base/progress.h"
#include "ledger/base/status.h"
#include "ledger/base/wakeup.h"
#include "ledger/service/log_end.h"
#include "ledger/service/sealer.h"

namespace envledger {

struct SequencerOptions {
  size_t group_max_entries = 1024;
  size_t group_max_bytes = 4 << 20;
  size_t queue_max_bytes = 64 << 20;  // of waiting requests; more are refused with kUnavailable
  uint64_t max_index_lag = 131'072;   // entries; appends wait when the index is further behind
};

// Thread-safe. What it refers to is not owned.
class Sequencer {
 public:
  // `end` is that of the log, and is moved here; it stops when a write fails, or is held back because an invariant is
  // broken. `index` is how far the index reaches: appends wait for it while it is too far behind. Once it has stopped
  // they are sealed as long as what it lacks can be held in memory, and refused then.
  Sequencer(LogDb& log, std::unique_ptr<Sealer> sealer, const SequencerOptions& options, LogEnd& end, Progress& index);
  // Stops; see Stop.
  ~Sequencer();

  // Queues the request. Its `done` is called exactly once, here and now when the queue is full or the writer has
  // stopped.
  void Submit(AppendWork work);
  // Queues an event of the ledger; `done` may be empty.
  void SubmitEvent(LedgerEvent event, AppendDone done);
  // Takes no more, commits what is queued, ends the threads.
  void Stop();

  size_t queued_bytes() const;
  uint64_t groups() const { return groups_.load(std::memory_order_relaxed); }

 private:
  struct Event {
    LedgerEvent event;
    AppendDone done;
  };
  using Work = std::variant<AppendWork, Event>;
  void Enqueue(Work work, size_t bytes);
  bool WaitsForIndex(const Group& group) const REQUIRES(mutex_);
  void SealLoop();
  void CommitLoop();
  void Commit(Group& group);
  void SealOne(Work work, Group& group, const Group* before);
  void Fail(const Status& status);
  static Status CheckGroup(const Group& group);
  bool Full(const Group& group) const;
  bool TooFarAhead(const Group& group) const;
  static void Answer(Group& group, const Status& instead);

  LogDb& log_;
  const std::unique_ptr<Sealer> sealer_;  // of the sealing thread
  const SequencerOptions options_;
  LogEnd& end_;
  Progress& index_;

  std::atomic<uint64_t> groups_{0};

  Wakeup work_;  // for the sealing thread
  mutable Mutex mutex_;
  CondVar committing_changed_;
  std::deque<std::pair<Work, size_t>> queue_ GUARDED_BY(mutex_);
  size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<Group> committing_ GUARDED_BY(mutex_);  // handed to the committing thread, until it is durable
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool sealed_all_ GUARDED_BY(mutex_) = false;

  std::thread sealing_thread_;
  std::thread committing_thread_;
};

}  // namespace envledger
