// The order is: look at what is published, sign, store in the log (synced), then publish. A crash between the last two
// leaves a published checkpoint that is older than the stored one, which start-up accepts and publishes again; the
// reverse, a published checkpoint that the log does not know, can then only mean that the log was cut or replaced.
#include "ledger/service/checkpointer.h"

#include <chrono>

#include "ledger/base/log.h"
#include "ledger/base/thread_name.h"

namespace envledger {

std::string EncodeFrontier(const Frontier& frontier) {
  std::string bytes;
  for (const Hash& hash : frontier.hashes()) bytes.append(View(hash));
  return bytes;
}

Result<Frontier> DecodeFrontier(uint64_t size, std::string_view bytes) {
  std::vector<Hash> hashes;
  for (; bytes.size() >= 32; bytes.remove_prefix(32)) hashes.push_back(*HashFrom(bytes.substr(0, 32)));
  if (!bytes.empty()) return InvalidArgument("the frontier is not a whole number of hashes");
  return Frontier::From(size, std::move(hashes));
}

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
  if (grown) next = {{keys_.origin(), end.size(), end.frontier.Root()}, {}, 0};
  disputed_ = publisher_.CheckUndisputed(next.checkpoint, keys_);
  if (!disputed_.ok()) {
    Log(LogLevel::kError, disputed_.message());
    return Fail(disputed_);
  }
  if (grown) ENVLEDGER_RETURN_IF_ERROR(Sign(end, next));
  const Status published = grown ? publisher_.Publish(next.checkpoint, next.note) : publisher_.PublishAgain(next.note);
  const MutexLock lock(mutex_);
  publish_problem_ = publisher_.problem();
  latest_ = std::move(next);
  return published;
}

Status Checkpointer::Sign(const DurableEnd& end, SignedCheckpoint& next) {
  next.note = SignNote(FormatCheckpoint(next.checkpoint), {{keys_.current().key, &key_}});
  next.signed_at = clock_.Now();
  Status stored = log_.PutCheckpoint(end.size(), next.note, EncodeFrontier(end.before_last));
  return stored.ok() ? stored : Fail(std::move(stored));
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

// The first one stays.
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
    const uint64_t due = latest().checkpoint.size + options_.every_entries;  // others may have signed meanwhile
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
    if (log_.failed()) return;
    // What goes wrong is kept in publish_problem() or failure(), and logged where it happens.
    const Status status = SignNow();
    if (!status.ok() && (log_.failed() || status.code() == Code::kCorruption)) return;
  }
}

}  // namespace envledger
