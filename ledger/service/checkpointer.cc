// The order is: read the published files, sign, store in the log (synced), publish. A crash between the last two steps
// leaves a published checkpoint that is older than the stored one; start-up accepts this and publishes the stored one.
// A published checkpoint that the log does not know can therefore only mean that the log was cut or replaced.
#include "ledger/service/checkpointer.h"

#include <chrono>

#include "ledger/base/invariant.h"
#include "ledger/base/log.h"
#include "ledger/base/thread_name.h"

namespace envledger {

Checkpointer::Checkpointer(LogDb& log, const SigningKey& key, KeyHistory keys, const CheckpointerOptions& options,
                           Clock& clock, SignedCheckpoint latest, Publisher publisher, LogEnd& end)
    : log_(log),
      key_(key),
      keys_(std::move(keys)),
      options_(options),
      clock_(clock),
      end_(end),
      publisher_(std::move(publisher)),
      latest_(std::move(latest)),
      publish_problem_(publisher_.problem()) {}

Checkpointer::~Checkpointer() { Stop(); }

void Checkpointer::Start() {
  thread_ = std::thread([this] { Loop(); });
}

Status Checkpointer::SignNow() {
  const MutexLock signing(signing_);
  ENVLEDGER_RETURN_IF_ERROR(disputed_);
  const DurableEnd end = end_.Get();
  SignedCheckpoint next = latest();
  const bool grown = end.size() != next.checkpoint.size;
  if (!grown && publisher_.problem().ok()) return Ok();
  if (grown) {
    ENVLEDGER_RETURN_IF_ERROR(StopIfBroken(CheckEnd(end, next)));
    next = {{keys_.origin(), end.size(), end.frontier.Root()}, {}, 0};
  }
  if (Status undisputed = StopIfBroken(publisher_.CheckUndisputed(next.checkpoint, keys_)); !undisputed.ok()) {
    if (disputed_.ok()) NotePublishProblem(undisputed);
    return undisputed;
  }
  if (grown) ENVLEDGER_RETURN_IF_ERROR(Sign(end, next));
  Status published = grown ? publisher_.Publish(next.checkpoint, next.note) : publisher_.PublishAgain(next.note);
  const MutexLock lock(mutex_);
  publish_problem_ = publisher_.problem();
  latest_ = std::move(next);
  return published;
}

void Checkpointer::NotePublishProblem(const Status& problem) {
  const MutexLock lock(mutex_);
  if (problem.message() != publish_problem_.message()) {
    Log(LogLevel::kError, "no checkpoint was signed: " + problem.ToString());
  }
  publish_problem_ = problem;
}

Status Checkpointer::Sign(const DurableEnd& end, SignedCheckpoint& next) {
  next.note = SignNote(FormatCheckpoint(next.checkpoint), {{keys_.current().key, &key_}});
  next.signed_at = clock_.Now();
  Status stored = StopIfBroken(log_.PutCheckpoint(end.size(), next.note, end.before_last.Encode()));
  return stored.ok() ? stored : Fail(std::move(stored));
}

// A signature cannot be withdrawn, so the tree is checked once more before it is signed.
Status Checkpointer::CheckEnd(const DurableEnd& end, const SignedCheckpoint& last) const {
  const std::string tree = "the tree of " + std::to_string(end.size()) + " entries";
  ENVLEDGER_INVARIANT(end.size() > last.checkpoint.size && end.size() <= log_.size(),
                      tree + " does not fit: the last checkpoint covers " + std::to_string(last.checkpoint.size) +
                          " entries and the log holds " + std::to_string(log_.size()));
  Frontier grown = end.before_last;
  grown.Append(end.last_leaf_hash);
  ENVLEDGER_INVARIANT(grown.hashes() == end.frontier.hashes(),
                      tree + " is not the previous tree with the last entry added");
  return Ok();
}

// A disputed key, damage or a broken invariant ends signing for good. Other errors are temporary.
Status Checkpointer::StopIfBroken(Status status) {
  if (status.code() != Code::kCorruption && status.code() != Code::kInternal) return status;
  disputed_ = std::move(status);
  Log(LogLevel::kError, "no more checkpoints are signed: " + disputed_.ToString());
  return Fail(disputed_);
}

void Checkpointer::Resume() {
  const MutexLock signing(signing_);
  if (!disputed_.ok()) return;
  {
    const MutexLock lock(mutex_);
    failure_ = Ok();
  }
  wake_.Set();
}

void Checkpointer::Stop() {
  stopping_ = true;
  wake_.Set();
  if (thread_.joinable()) thread_.join();
}

SignedCheckpoint Checkpointer::latest() const {
  const MutexLock lock(mutex_);
  return latest_;
}

Status Checkpointer::failure() const {
  const MutexLock lock(mutex_);
  return failure_;
}

// Keeps the first failure.
Status Checkpointer::Fail(Status why) {
  const MutexLock lock(mutex_);
  if (failure_.ok()) failure_ = why;
  return why;
}

Status Checkpointer::publish_problem() const {
  const MutexLock lock(mutex_);
  return publish_problem_;
}

bool Checkpointer::WaitUntilDue(Progress::Subscription& on_growth, std::chrono::steady_clock::time_point until) {
  while (!stopping_) {
    const uint64_t due = latest().checkpoint.size + options_.every_entries;  // SignNow may have moved it meanwhile
    if (end_.size() >= due) break;
    on_growth.WakeAt(due);
    if (!wake_.WaitUntil(until)) break;
  }
  return !stopping_;
}

void Checkpointer::Loop() {
  NameThisThread("checkpoint");
  Progress::Subscription on_growth(end_.progress(), wake_);
  while (WaitUntilDue(on_growth, std::chrono::steady_clock::now() + options_.every)) {
    if (log_.failed()) {  // Resume ends this wait
      wake_.Wait();
      continue;
    }
    // SignNow logs its errors and keeps them in publish_problem() or failure().
    const Status status = SignNow();
    if (status.code() == Code::kCorruption || status.code() == Code::kInternal) return;
  }
}

}  // namespace envledger
