// The single writer: a bounded queue, one thread that seals, and one thread that commits sealed groups.
//
// While one group is on its way to disk, the next is being sealed. A request is answered only after the synced write of
// its group has returned. If a write fails, the writer stops for good.
#pragma once

#include <atomic>
#include <chrono>
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
#include "ledger/sealing/sealer.h"
#include "ledger/service/log_end.h"

namespace envledger {

class LogMarkWriter;  // log_mark.h

struct SequencerOptions {
  size_t group_max_entries = 1024;
  size_t group_max_bytes = 4 << 20;
  size_t queue_max_bytes = 64 << 20;  // waiting requests; more are refused with kUnavailable
  uint64_t max_index_lag = 131'072;   // entries; appends wait when the index is further behind
};

// Thread-safe. The objects passed by reference are not owned.
class Sequencer {
 public:
  // `end` is the end of `log` and is advanced here; it stops when a write fails or a broken invariant prevents it.
  // `index` is how far the index reaches: appends wait while it is too far behind. Once it has stopped, appends are
  // sealed as long as the heads that it does not cover fit in memory, and are refused after that.
  Sequencer(LogDb& log, std::unique_ptr<Sealer> sealer, const SequencerOptions& options, LogEnd& end, Progress& index);
  // Stops; see Stop.
  ~Sequencer();

  // From now on notes in `mark` how far the log is durable, before it answers. Not owned; must outlive this object.
  void Keep(LogMarkWriter* mark) { mark_.store(mark, std::memory_order_release); }

  // Queues the request. Its `done` is called exactly once; during this call when the queue is full or the writer has
  // stopped.
  void Submit(AppendWork work);
  // Queues a ledger event; `done` may be empty.
  void SubmitEvent(LedgerEvent event, AppendDone done);
  // Accepts work again after a write has failed, once the log can be written. `sealer` continues at the durable end, to
  // which the index must reach. Does nothing while work from before the failure is still being refused; then call it
  // again later.
  void Resume(std::unique_ptr<Sealer> sealer);
  // Accepts no more work, commits what is queued, and ends the threads.
  void Stop();

  // Whether the sealing thread gets to something new within `patience`.
  bool Responds(std::chrono::milliseconds patience);
  // How long the disk has been working on the present group; 0 when it is idle.
  std::chrono::milliseconds WaitingForDisk() const;

  size_t queued_bytes() const;
  uint64_t groups() const { return groups_.load(std::memory_order_relaxed); }

 private:
  struct Event {
    LedgerEvent event;
    AppendDone done;
  };
  using Work = std::variant<AppendWork, Event>;
  void Enqueue(Work work, size_t bytes);
  Status WhyRefused(size_t bytes) const REQUIRES(mutex_);
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
  std::unique_ptr<Sealer> sealer_;  // used only by the sealing thread
  const SequencerOptions options_;
  LogEnd& end_;
  Progress& index_;

  std::atomic<uint64_t> groups_{0};
  std::atomic<LogMarkWriter*> mark_{nullptr};

  Wakeup work_;  // wakes the sealing thread
  mutable Mutex mutex_;
  CondVar committing_changed_;
  std::deque<std::pair<Work, size_t>> queue_ GUARDED_BY(mutex_);
  size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<Group> committing_ GUARDED_BY(mutex_);  // the committing thread has it until it is durable
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool sealed_all_ GUARDED_BY(mutex_) = false;
  std::unique_ptr<Sealer> next_sealer_ GUARDED_BY(mutex_);
  uint64_t asked_ GUARDED_BY(mutex_) = 0;      // how often Responds was called
  uint64_t responded_ GUARDED_BY(mutex_) = 0;  // the last call that the sealing thread has seen
  CondVar responded_changed_;
  std::chrono::steady_clock::time_point writing_since_ GUARDED_BY(mutex_);  // while there is a committing_

  std::thread sealing_thread_;
  std::thread committing_thread_;
};

}  // namespace envledger
