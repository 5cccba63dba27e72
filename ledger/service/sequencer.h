// The single writer: a bounded queue in front of one sealing thread, and one thread that commits sealed groups.
//
// While a group is on its way to disk the next one is being sealed. Answers are given only after the synced write of
// their group returned; if that write fails, the writer stops for good.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
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
  // `watermark` says how far the index reaches; `on_durable` is called on the committing thread after each group;
  // `on_failure` once, when a write failed.
  Sequencer(LogDb& log, std::unique_ptr<Sealer> sealer, const SequencerOptions& options, DurableEnd end,
            std::function<uint64_t()> watermark, std::function<void()> on_durable,
            std::function<void(const Status&)> on_failure);
  // Stops; see Stop.
  ~Sequencer();

  // Queues the request. Its `done` is called exactly once, here and now when the queue is full or the writer has
  // stopped.
  void Submit(AppendWork work);
  // Queues an event of the ledger; `done` may be empty.
  void SubmitEvent(LedgerEvent event, AppendDone done);
  // The index has moved on: a writer that waits for it looks again.
  void NotifyIndexed();
  // The index will move no more. Appends are sealed until it is too far behind to hold what it lacks in memory, and
  // refused then.
  void IndexStopped(const Status& why);
  // Takes no more, commits what is queued, ends the threads.
  void Stop();

  DurableEnd durable() const;
  uint64_t durable_size() const { return durable_size_.load(std::memory_order_acquire); }
  // Not ok when the writer has stopped because a write failed.
  Status failure() const;
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
  bool Full(const Group& group) const;
  bool TooFarAhead(const Group& group) const;
  static void Answer(Group& group, const Status& instead);

  LogDb& log_;
  const std::unique_ptr<Sealer> sealer_;  // of the sealing thread
  const SequencerOptions options_;
  const std::function<uint64_t()> watermark_;
  const std::function<void()> on_durable_;
  const std::function<void(const Status&)> on_failure_;

  std::atomic<uint64_t> durable_size_;
  std::atomic<uint64_t> groups_{0};

  mutable Mutex mutex_;
  CondVar work_;  // for the sealing thread
  CondVar committing_changed_;
  std::deque<std::pair<Work, size_t>> queue_ GUARDED_BY(mutex_);
  size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  std::shared_ptr<Group> committing_ GUARDED_BY(mutex_);  // handed to the committing thread, until it is durable
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool sealed_all_ GUARDED_BY(mutex_) = false;
  Status failure_ GUARDED_BY(mutex_);
  Status index_stopped_ GUARDED_BY(mutex_);
  DurableEnd durable_ GUARDED_BY(mutex_);

  std::thread sealing_thread_;
  std::thread committing_thread_;
};

}  // namespace envledger
