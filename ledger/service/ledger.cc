// Start order: log; recovery (a log that does not verify is not served); published checkpoints; a pending rotation of
// the key; index; then, in Begin, the threads, each after those it uses. Stopping goes in the reverse order.
//
// There are no callbacks between the parts. The sequencer advances the durable end (LogEnd); it wakes the indexer, the
// checkpointer and followers, which read it. The indexer advances its own progress, which the sequencer reads.
//
// A damaged index never prevents a start: it is rebuilt.
#include "ledger/service/ledger.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "ledger/base/bytes.h"
#include "ledger/base/log.h"
#include "ledger/base/span.h"
#include "ledger/base/thread_name.h"
#include "ledger/files/file.h"
#include "ledger/service/fitting_events.h"
#include "ledger/service/rotation.h"
#include "ledger/store/layout.h"

namespace envledger {
namespace {

constexpr std::chrono::milliseconds kMarkSyncEvery{100};
constexpr Nanos kClockMayBeBehind = 60 * kSecond;
constexpr uint64_t kLeastFreeBytes = 4096;  // with less, the disk is full whatever min_free_bytes says

uint64_t FreeBytes(const std::string& path) {
  struct statvfs disk {};
  if (statvfs(path.c_str(), &disk) != 0) return UINT64_MAX;
  return static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
}

}  // namespace

Ledger::Ledger(const LedgerOptions& options, VerifierKey verifier_key, Clock& clock)
    : options_(options), verifier_key_(std::move(verifier_key)), clock_(clock) {}

Ledger::~Ledger() { StopThreads(); }

Result<std::unique_ptr<Ledger>> Ledger::Open(const LedgerOptions& options, const SigningKey& key,
                                             const PendingRotation* pending, Clock& clock,
                                             const std::function<void(const std::string&)>& progress) {
  std::error_code error;
  if (!std::filesystem::exists(LogPath(options.data_dir), error)) {
    return NotFound("there is no ledger in " + options.data_dir + "; `envledgerd --init` creates one");
  }
  LedgerOptions complete = options;
  if (complete.checkpointer.publish_path.empty()) {
    complete.checkpointer.publish_path = PublishedCheckpointPath(options.data_dir);
  }
  std::optional<AcceptedLoss> loss;
  if (options.accept_loss) loss = AcceptedLoss{.from = *options.accept_loss};
  ENVLEDGER_ASSIGN_OR_RETURN(const FoundEnd found, CheckLogEnd(options.data_dir, loss ? &*loss : nullptr));
  // Opening for writing drops what cannot be read, so it comes after the judgement.
  ENVLEDGER_ASSIGN_OR_RETURN(
      auto log, LogDb::Open(LogPath(options.data_dir), options.log,
                            found.dropped_bytes > 0 ? LogDb::DamagedEnd::kDrop : LogDb::DamagedEnd::kRefuse));
  ENVLEDGER_ASSIGN_OR_RETURN(const Genesis genesis, ReadGenesis(*log));
  if (!options.origin.empty() && options.origin != genesis.origin) {
    return InvalidField("origin",
                        "the ledger's origin is " + Quoted(genesis.origin) + ", not " + Quoted(options.origin));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(VerifierKey verifier_key, MakeVerifierKey(genesis.origin, key.public_key()));
  std::unique_ptr<Ledger> ledger(new Ledger(complete, std::move(verifier_key), clock));
  ledger->log_ = std::move(log);
  ledger->found_ = found;
  ledger->loss_ = loss;
  ENVLEDGER_RETURN_IF_ERROR(ledger->Start(key, pending, progress));
  return ledger;
}

Status Ledger::Start(const SigningKey& key, const PendingRotation* pending,
                     const std::function<void(const std::string&)>& progress) {
  const auto tell = [&](const std::string& text) {
    if (progress) progress(text);
  };
  ENVLEDGER_ASSIGN_OR_RETURN(Recovered recovered, Recover(*log_, verifier_key_, pending, [&](uint64_t seq) {
                               tell("verifying, at entry " + std::to_string(seq));
                             }));
  recovered_entries_ = recovered.checked;
  if (found_.mark && !loss_) ENVLEDGER_RETURN_IF_ERROR(CheckAcknowledged(*log_, *found_.mark));
  Publisher publisher(*log_, options_.checkpointer, clock_);
  ENVLEDGER_RETURN_IF_ERROR(publisher.Compare(recovered.latest.checkpoint, recovered.latest.note, recovered.keys,
                                              verifier_key_, loss_ ? &*loss_ : nullptr));
  if (loss_ && loss_->until == 0) {
    return InvalidField("accept-loss", "accept-loss is " + std::to_string(loss_->from) +
                                           ", but nothing shows that the log has lost entries. Start without it");
  }
  ENVLEDGER_RETURN_IF_ERROR(RecordRotation(*log_, key, pending, clock_, publisher, recovered));
  recovered_clean_ = recovered.clean;
  end_ = std::make_unique<LogEnd>(DurableEnd{recovered.end.frontier, recovered.before_last,
                                             recovered.end.last_leaf_hash, recovered.end.last_recorded_at});
  IndexerOptions indexer = options_.indexer;
  indexer.data_dir = options_.data_dir;
  auto opened = Indexer::Open(*log_, indexer, *end_, progress);
  if (opened.status().code() == Code::kCorruption) {
    // A new index was built, so the log itself is damaged.
    return {Verdict::kTampered, opened.status().message() + ". Run `envledger verify --data-dir` for the whole report"};
  }
  ENVLEDGER_RETURN_IF_ERROR(opened.status());
  indexer_ = *std::move(opened);
  checkpointer_ = std::make_unique<Checkpointer>(*log_, key, std::move(recovered.keys), options_.checkpointer, clock_,
                                                 std::move(recovered.latest), std::move(publisher), *end_);
  sequencer_ =
      std::make_unique<Sequencer>(*log_, MakeSealer(recovered.end), options_.sequencer, *end_, indexer_->progress());
  CheckDisk();
  return Ok();
}

std::unique_ptr<Sealer> Ledger::MakeSealer(ChainEnd end) const {
  return std::make_unique<Sealer>(*log_, *indexer_, clock_, options_.sealer, std::move(end));
}

Status Ledger::Begin() {
  indexer_->Start();
  checkpointer_->Start();
  Opened opened{options_.version, end_->size(), recovered_clean_};
  if (found_.dropped_bytes > 0) opened.dropped_bytes = found_.dropped_bytes;
  if (loss_) {
    opened.lost_from = loss_->from;
    opened.lost_until = loss_->until;
  }
  ENVLEDGER_RETURN_IF_ERROR(SealEvent(std::move(opened)));
  StartMark();
  for (ConfigurationChanged& event :
       FittingEvents(ConfigurationChanged(), &ConfigurationChanged::settings, options_.settings)) {
    ENVLEDGER_RETURN_IF_ERROR(SealEvent(std::move(event)));
  }
  static_cast<void>(refusals_.TakePending(clock_.Now()));  // starts the first interval
  housekeeping_ = std::thread([this] { Housekeep(); });
  return Ok();
}

// Replaces the mark of the last run. This comes after the `opened` event: until then, the old mark is what shows an
// accepted loss. Without a mark the ledger can be served all the same, such as on a full disk.
void Ledger::StartMark() {
  const DurableEnd end = end_->Get();
  auto mark = LogMarkWriter::Create(LogMarkPath(options_.data_dir), {end.size(), end.last_leaf_hash}, kMarkSyncEvery);
  if (!mark.ok()) {
    const MutexLock lock(mutex_);
    mark_problem_ =
        "the mark of the log is not kept, so a loss at its end could go unnoticed: " + mark.status().message();
    Log(LogLevel::kError, mark_problem_);
    return;
  }
  mark_ = *std::move(mark);
  sequencer_->Keep(mark_.get());
}

void Ledger::StopThreads() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  if (housekeeping_.joinable()) housekeeping_.join();
  if (sequencer_) sequencer_->Stop();
  if (checkpointer_) checkpointer_->Stop();
  if (indexer_) indexer_->Stop();
}

namespace {

Status DiskNearlyFull() {
  return {Code::kUnavailable, "min-free-bytes",
          "the disk is nearly full: appends are refused until there is room again"};
}

}  // namespace

void Ledger::Seal(LedgerEvent event, AppendDone done) {
  if (disk_low_.load(std::memory_order_relaxed)) {
    done(ErrorInfo{DiskNearlyFull(), -1, Stage::kUnspecified, std::nullopt});
    return;
  }
  sequencer_->SubmitEvent(std::move(event), std::move(done));
}

void Ledger::Append(AppendWork work) {
  work.done = [this, recorder = work.recorder, done = std::move(work.done)](AppendResult result) {
    if (const ErrorInfo* error = std::get_if<ErrorInfo>(&result)) {
      CountRefusal(*recorder, error->status);
      ReportDamage(error->status);
      if (IsIndexDamage(error->status)) {
        result = ErrorInfo{Unavailable("the index is damaged and is being rebuilt; send this request again later"),
                           error->item, Stage::kUnspecified, std::nullopt};
      }
    }
    done(std::move(result));
  };
  if (disk_low_.load(std::memory_order_relaxed)) {
    work.done(ErrorInfo{DiskNearlyFull(), -1, Stage::kUnspecified, std::nullopt});
    return;
  }
  sequencer_->Submit(std::move(work));
}

void Ledger::ReportDamage(const Status& why) {
  if (IsIndexDamage(why)) {
    indexer_->ReportDamage(why);
    return;
  }
  if (!IsLogDamage(why)) return;
  const MutexLock lock(mutex_);
  if (!log_damage_.empty()) return;
  log_damage_ = "the log is damaged, and a restart cannot repair it: " + why.message() +
                ". Run `envledger verify --data-dir` and restore the entry from a copy of the ledger";
  Log(LogLevel::kError, log_damage_);
}

void Ledger::CountRefusal(const Recorder& recorder, const Status& status) {
  std::string rule(CodeName(status.code()));
  if (!status.rule().empty()) rule += " (" + status.rule() + ")";
  refusals_.Count(recorder, rule);
}

Result<LedgerView> Ledger::CurrentView() {
  LedgerView view = LogView();
  ENVLEDGER_ASSIGN_OR_RETURN(view.index, indexer_->ReaderOf(view.tree_size));
  return view;
}

LedgerView Ledger::LogView() {
  // The checkpoint is read first: the durable end read after it is at least as large.
  const SignedCheckpoint latest = checkpointer_->latest();
  const DurableEnd durable = end_->Get();
  LedgerView view;
  view.log = log_.get();
  view.report_damage = [this](const Status& why) { ReportDamage(why); };
  view.tree_size = durable.size();
  view.root = durable.frontier.Root();
  view.checkpoint = latest.note;
  return view;
}

Result<std::string> Ledger::SignNow() {
  const Status status = checkpointer_->SignNow();
  if (!status.ok()) return status;
  return checkpointer_->latest().note;
}

// The most serious problem comes first.
std::string Ledger::Problem() const {
  if (const Status failure = end_->failure(); !failure.ok()) return failure.ToString();
  if (const Status failure = checkpointer_->failure(); !failure.ok()) return failure.ToString();
  {
    const MutexLock lock(mutex_);
    if (!log_damage_.empty()) return log_damage_;
  }
  {
    const MutexLock lock(mutex_);
    if (!mark_problem_.empty()) return mark_problem_;
  }
  if (const Status problem = mark_ ? mark_->problem() : Ok(); !problem.ok()) {
    return "the mark of the log is not kept, so a loss at its end could go unnoticed: " + problem.message();
  }
  if (std::string problem = indexer_->problem(); !problem.empty()) return problem;
  if (const Status failure = indexer_->failure(); !failure.ok()) {
    return "indexing has stopped: " + failure.ToString();
  }
  if (disk_low_) return "the disk is nearly full: appends are refused";
  if (const auto waiting = sequencer_->WaitingForDisk(); waiting >= options_.slow_disk) {
    return "the disk has not finished a write to the log for " + std::to_string(waiting.count() / 1000) +
           " s: appends wait";
  }
  if (const Status problem = checkpointer_->publish_problem(); !problem.ok()) {
    return "the latest checkpoint is not published: " + problem.ToString();
  }
  return ClockProblem();
}

// Recorded times never decrease, so a clock that was ahead once dates every record until it is reached again.
std::string Ledger::ClockProblem() const {
  const Nanos last = end_->Get().last_recorded_at;
  const Nanos now = clock_.Now();
  if (now >= last || SpanBetween(now, last) <= std::max(options_.sealer.clock_tolerance, kClockMayBeBehind)) return {};
  return "the clock is " + FormatSpan(SpanBetween(now, last)) + " behind the last record: records are dated " +
         FormatTime(last) + " until the clock gets there. Set the clock, if it is wrong now";
}

StatusResponse Ledger::Describe() const {
  const DurableEnd durable = end_->Get();
  const SignedCheckpoint latest = checkpointer_->latest();
  StatusResponse response;
  response.problem = Problem();
  response.healthy = response.problem.empty();
  response.version = options_.version;
  response.origin = verifier_key_.name;
  response.vkey = FormatVerifierKey(verifier_key_);
  response.tree_size = durable.size();
  response.root = durable.frontier.Root();
  response.last_recorded_at = durable.last_recorded_at;
  response.last_checkpoint = latest.note;
  response.last_checkpoint_at = latest.signed_at;
  response.refusals = refusals_.Totals();
  response.gauges = {
      {"groups-committed", sequencer_->groups()},      {"queued-bytes", sequencer_->queued_bytes()},
      {"appends-refused", refusals_.total()},          {"entries-verified-at-start", recovered_entries_},
      {"index-watermark", indexer_->watermark()},      {"log-disk-bytes", log_->DiskBytes()},
      {"index-disk-bytes", indexer_->DiskBytes()},     {"log-memory-bytes", log_->MemoryBytes()},
      {"index-memory-bytes", indexer_->MemoryBytes()}, {"disk-free-bytes", FreeBytes(options_.data_dir)}};
  return response;
}

Status Ledger::SealEvent(LedgerEvent event) {
  auto sealed = std::make_shared<std::promise<Status>>();
  sequencer_->SubmitEvent(std::move(event), [sealed](AppendResult result) {
    const ErrorInfo* error = std::get_if<ErrorInfo>(&result);
    sealed->set_value(error != nullptr ? error->status : Ok());
  });
  return sealed->get_future().get();
}

void Ledger::NoteRefusals() {
  for (AppendsRefused& event : refusals_.TakePending(clock_.Now())) sequencer_->SubmitEvent(std::move(event), {});
}

void Ledger::CheckDisk() {
  const bool low = FreeBytes(options_.data_dir) < std::max(options_.min_free_bytes, kLeastFreeBytes);
  if (low == disk_low_.exchange(low)) return;
  Log(low ? LogLevel::kError : LogLevel::kInfo,
      low ? "the disk is nearly full: appends are refused" : "the disk has room again: appends are accepted");
}

// After a write to the log found no space. First the log, then what stands on it. A new sealer has no memory of the
// records that failed; it reads heads from the index, so the index must reach the end first.
void Ledger::WriteAgain() {
  if (disk_low_) return;
  if (log_->failed_for_space()) {
    if (!log_->Resume().ok()) return;
    checkpointer_->Resume();
  }
  const Status failure = end_->failure();
  const bool of_the_disk = failure.code() == Code::kUnknownOutcome || failure.code() == Code::kUnavailable;
  if (!of_the_disk || log_->failed() || indexer_->watermark() < end_->size()) return;
  const DurableEnd end = end_->Get();
  sequencer_->Resume(MakeSealer({end.frontier, end.last_leaf_hash, end.last_recorded_at}));
  Log(LogLevel::kInfo, "the log can be written again: appends are accepted");
}

void Ledger::Housekeep() {
  NameThisThread("housekeeping");
  auto next_note = std::chrono::steady_clock::now() + options_.refusals_every;
  for (;;) {
    {
      const MutexLock lock(mutex_);
      const auto until = std::min(next_note, std::chrono::steady_clock::now() + options_.disk_check_every);
      while (!stopping_ && wake_.WaitUntil(mutex_, until)) {
      }
      if (stopping_) return;
    }
    CheckDisk();
    WriteAgain();
    if (std::chrono::steady_clock::now() < next_note) continue;
    next_note = std::chrono::steady_clock::now() + options_.refusals_every;
    NoteRefusals();
  }
}

Status Ledger::Close(const std::string& reason) {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  if (housekeeping_.joinable()) housekeeping_.join();
  NoteRefusals();
  Status status = SealEvent(Closed{reason});
  sequencer_->Stop();
  if (const Status signed_last = checkpointer_->SignNow(); status.ok()) status = signed_last;
  StopThreads();
  return status;
}

}  // namespace envledger
