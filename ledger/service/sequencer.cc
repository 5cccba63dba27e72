// What can be lost at each moment, and what the producer learns:
//
//   moment of the failure             outcome                    answer
//   queued, or in a group that was    nothing is written         kUnavailable when the writer stops
//     not handed on
//   handed to the committing thread   may or may not be durable  kUnknownOutcome when the write fails
//   stopped by a broken invariant     nothing is written         kUnavailable
//   after the write returned ok       durable, and the mark      the acknowledgment
//                                     says so (log_mark.h)
//   process killed at any time        as above                   none: the producer sends the same bytes again
#include "ledger/service/sequencer.h"

#include "ledger/base/invariant.h"
#include "ledger/base/log.h"
#include "ledger/base/thread_name.h"
#include "ledger/store/log_mark.h"

namespace envledger {

Sequencer::Sequencer(LogDb& log, std::unique_ptr<Sealer> sealer, const SequencerOptions& options, LogEnd& end,
                     Progress& index)
    : log_(log), sealer_(std::move(sealer)), options_(options), end_(end), index_(index) {
  sealing_thread_ = std::thread([this] { SealLoop(); });
  committing_thread_ = std::thread([this] { CommitLoop(); });
}

Sequencer::~Sequencer() { Stop(); }

void Sequencer::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  work_.Set();
  if (sealing_thread_.joinable()) sealing_thread_.join();
  if (committing_thread_.joinable()) committing_thread_.join();
}

void Sequencer::Submit(AppendWork work) {
  const size_t bytes = work.frame->size();
  Enqueue(std::move(work), bytes);
}

void Sequencer::Resume(std::unique_ptr<Sealer> sealer) {
  {
    const MutexLock lock(mutex_);
    next_sealer_ = std::move(sealer);
  }
  work_.Set();
}

void Sequencer::SubmitEvent(LedgerEvent event, AppendDone done) {
  Enqueue(Event{std::move(event), std::move(done)}, 0);
}

void Sequencer::Enqueue(Work work, size_t bytes) {
  Status refused;
  {
    const MutexLock lock(mutex_);
    refused = WhyRefused(bytes);
    if (refused.ok()) {
      queued_bytes_ += bytes;
      queue_.emplace_back(std::move(work), bytes);
      work_.Set();
      return;
    }
  }
  const AppendDone& done =
      std::holds_alternative<AppendWork>(work) ? std::get<AppendWork>(work).done : std::get<Event>(work).done;
  if (done) done(ErrorInfo{std::move(refused), -1, Stage::kUnspecified, std::nullopt});
}

// Why a request of this size cannot be queued; ok when it can.
Status Sequencer::WhyRefused(size_t bytes) const {
  if (const Status failure = end_.failure(); !failure.ok()) {
    return Unavailable("appends have stopped: " + failure.message());
  }
  if (stopping_) return Unavailable("the ledger is closing");
  if (bytes > 0 && queued_bytes_ + bytes > options_.queue_max_bytes && !queue_.empty()) {
    return Unavailable("the queue of appends is full");
  }
  return Ok();
}

// Heads that are not indexed yet are held in memory, so appends wait for an index that is far behind. Ledger events
// have no heads and do not wait. Nobody waits for an index that has stopped: those appends are refused.
bool Sequencer::WaitsForIndex(const Group& group) const {
  if (!TooFarAhead(group) || std::holds_alternative<Event>(queue_.front().first)) return false;
  return end_.failure().ok() && index_.stopped().ok();
}

bool Sequencer::TooFarAhead(const Group& group) const {
  return group.first_seq + group.entries() > index_.at() + options_.max_index_lag || sealer_->HoldsTooMuch();
}

// Answers count too, because repeated records add answers but no entries.
bool Sequencer::Full(const Group& group) const {
  return group.entries() >= options_.group_max_entries || group.bytes.size() >= options_.group_max_bytes ||
         group.waiting.size() >= options_.group_max_entries;
}

void Sequencer::SealLoop() {
  NameThisThread("seal");
  Progress::Subscription on_indexed(index_, work_);
  std::unique_ptr<Group> group = sealer_->NewGroup();
  std::shared_ptr<Group> before;
  mutex_.lock();
  for (;;) {
    if (responded_ != asked_) {
      responded_ = asked_;
      responded_changed_.NotifyAll();
    }
    if (next_sealer_ != nullptr && queue_.empty() && group->empty() && !committing_) {
      sealer_ = std::move(next_sealer_);
      before.reset();
      group = sealer_->NewGroup();
      end_.Resume();
    }
    if (sealer_->HoldsTooMuch()) sealer_->Trim();
    const bool waits_for_index = !queue_.empty() && WaitsForIndex(*group);
    const bool can_seal = !queue_.empty() && !Full(*group) && !waits_for_index;
    if (!group->empty() && !committing_ && !can_seal) {
      committing_ = std::move(group);
      writing_since_ = std::chrono::steady_clock::now();
      before = committing_;
      committing_changed_.NotifyAll();
      group = sealer_->NewGroup();
      continue;
    }
    if (!can_seal) {
      if (stopping_ && queue_.empty() && group->empty() && !committing_) break;
      mutex_.unlock();
      if (waits_for_index) on_indexed.WakeAt(index_.at() + 1);
      work_.Wait();
      mutex_.lock();
      continue;
    }
    Work work = std::move(queue_.front().first);
    queued_bytes_ -= queue_.front().second;
    queue_.pop_front();
    if (!committing_) before.reset();
    Status refused;
    mutex_.unlock();
    if (TooFarAhead(*group)) {
      refused = index_.stopped();
      if (!refused.ok()) refused = Unavailable("the index does not follow: " + refused.ToString());
    }
    if (auto* append = std::get_if<AppendWork>(&work); append != nullptr && !refused.ok()) {
      append->done(ErrorInfo{std::move(refused), -1, Stage::kUnspecified, std::nullopt});
    } else {
      SealOne(std::move(work), *group, before.get());
    }
    if (!sealer_->broken().ok() && end_.failure().ok()) Fail(sealer_->broken());
    mutex_.lock();
  }
  sealed_all_ = true;
  committing_changed_.NotifyAll();
  responded_changed_.NotifyAll();
  mutex_.unlock();
}

void Sequencer::SealOne(Work work, Group& group, const Group* before) {
  if (auto* append = std::get_if<AppendWork>(&work)) {
    sealer_->Seal(std::move(*append), group, before);
  } else {
    Event& event = std::get<Event>(work);
    sealer_->SealEvent(event.event, group, std::move(event.done));
  }
  sealer_->Trim();
}

void Sequencer::CommitLoop() {
  NameThisThread("commit");
  for (;;) {
    std::shared_ptr<Group> group;
    {
      const MutexLock lock(mutex_);
      while (!committing_ && !sealed_all_) committing_changed_.Wait(mutex_);
      if (!committing_) return;
      group = committing_;
    }
    Commit(*group);
    {
      const MutexLock lock(mutex_);
      committing_.reset();
    }
    work_.Set();
  }
}

void Sequencer::Commit(Group& group) {
  if (const Status stopped = end_.failure(); !stopped.ok()) {
    Answer(group, Unavailable("appends have stopped: " + stopped.message()));
    return;
  }
  if (log_.failed()) {  // a checkpoint could not be stored; nothing of this group was written
    Fail(Unavailable("an earlier write to the log failed"));
    Answer(group, Unavailable("appends have stopped: an earlier write to the log failed"));
    return;
  }
  if (group.entries() > 0) {
    std::vector<std::string_view> entries;
    entries.reserve(group.entries());
    for (size_t i = 0; i < group.entries(); ++i) entries.push_back(group.Entry(i));
    Status written = CheckGroup(group);
    if (written.ok()) written = log_.Append(group.first_seq, entries);
    if (!written.ok()) {
      Fail(written);
      // A group that a broken invariant stopped was not written at all.
      const bool untouched = written.code() == Code::kInternal;
      Answer(group, untouched ? Unavailable("appends have stopped: " + written.message()) : written);
      return;
    }
    if (LogMarkWriter* const mark = mark_.load(std::memory_order_acquire); mark != nullptr) {
      mark->Write({group.first_seq + group.entries(), group.last_leaf_hash});
    }
    DurableEnd end{group.before_last, group.before_last, group.last_leaf_hash, group.last_recorded_at};
    end.frontier.Append(group.last_leaf_hash);
    end_.Advance(std::move(end));
    groups_.fetch_add(1, std::memory_order_relaxed);
  }
  Answer(group, Ok());
}

// The next checkpoint is signed over this tree, so it must be the tree of the entries that are written.
Status Sequencer::CheckGroup(const Group& group) {
  const uint64_t size = group.first_seq + group.entries();
  ENVLEDGER_INVARIANT(group.before_last.size() + 1 == size, "the group ends at " + std::to_string(size) +
                                                                ", but its tree without the last entry has " +
                                                                std::to_string(group.before_last.size()) + " entries");
  return Ok();
}

void Sequencer::Answer(Group& group, const Status& instead) {
  for (Group::Waiting& waiting : group.waiting) {
    if (!waiting.done) continue;
    if (instead.ok()) {
      waiting.done(std::move(waiting.result));
    } else {
      waiting.done(ErrorInfo{instead, -1, Stage::kUnspecified, std::nullopt});
    }
  }
}

void Sequencer::Fail(const Status& status) {
  Log(LogLevel::kError, "appends have stopped: " + status.ToString());
  end_.Stop(status);
}

bool Sequencer::Responds(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  const MutexLock lock(mutex_);
  const uint64_t mine = ++asked_;
  work_.Set();
  while (responded_ < mine && !sealed_all_) {
    if (!responded_changed_.WaitUntil(mutex_, deadline)) return responded_ >= mine || sealed_all_;
  }
  return true;
}

std::chrono::milliseconds Sequencer::WaitingForDisk() const {
  const MutexLock lock(mutex_);
  if (!committing_) return std::chrono::milliseconds::zero();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - writing_since_);
}

size_t Sequencer::queued_bytes() const {
  const MutexLock lock(mutex_);
  return queued_bytes_;
}

}  // namespace envledger
