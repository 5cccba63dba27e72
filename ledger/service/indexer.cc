// There are three kinds of damage: at the start, the index cannot be opened or its files are not those that the last
// run left; a read fails, or gives an entry that does not match the index (the sequencer and the queries report it); or
// a write fails, because a compaction reads a damaged file. In the first case the start waits for a new index. In the
// others a second index is built beside the first, which stays in use as far as it can be read, and then replaces it.
//
// The second index has a directory of its own, because an open database cannot be moved. It is moved to the first one's
// place when the daemon stops. Before it is begun, a mark is written beside both. A start that finds the mark removes
// the damaged index, whatever happened in between, and uses the second one if there is one.
//
// A disk that cannot be written, such as a full one, is no damage: what was applied stays readable. Writing is tried
// again at intervals. Until it succeeds, the indexing thread holds nothing back: appends go on as far as the sequencer
// can hold their heads, and queries read the missing part from the log.
#include "ledger/service/indexer.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "ledger/base/log.h"
#include "ledger/base/thread_name.h"
#include "ledger/chain/tree.h"
#include "ledger/files/file.h"
#include "ledger/index/tail_index.h"
#include "ledger/store/layout.h"

namespace envledger {
namespace {

bool Exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

Status Rename(const std::string& from, const std::string& to) {
  std::error_code error;
  std::filesystem::rename(from, to, error);
  if (error) return Unavailable("cannot move " + from + " to " + to + ": " + error.message());
  return SyncDirectory(DirectoryOf(to));
}

// Moves an index that was rebuilt beside a damaged one to its place, and removes the mark.
Status ReplaceDamaged(const std::string& data_dir) {
  ENVLEDGER_RETURN_IF_ERROR(IndexDb::Destroy(IndexPath(data_dir)));
  if (Exists(RebuiltIndexPath(data_dir))) {
    ENVLEDGER_RETURN_IF_ERROR(Rename(RebuiltIndexPath(data_dir), IndexPath(data_dir)));
  }
  return RemoveDamageMark(data_dir);
}

// Whether a rebuild of the index can remedy this error.
bool IsDamage(const Status& status) { return status.code() == Code::kCorruption && !IsLogDamage(status); }

// Whether writing may succeed later.
bool IsOfTheDisk(const Status& status) { return status.code() == Code::kUnavailable; }

// Why the index does not belong to this log; empty when it does.
std::string Mismatch(const LogDb& log, const Watermark& watermark) {
  if (watermark.seq == 0) return {};
  if (watermark.seq > log.size()) return "it covers more entries than the log has";
  const auto last = log.Read(watermark.seq - 1);
  const bool fits = last.ok() && watermark.last_leaf_hash == View(LeafHash(*last));
  return fits ? std::string() : "it was built from another log";
}

std::shared_ptr<const IndexReader> Owning(std::shared_ptr<IndexDb> db, std::unique_ptr<IndexReader> reader) {
  // Members are destroyed in reverse order: the reader before the database that it reads.
  struct Both {
    std::shared_ptr<IndexDb> db;
    std::unique_ptr<IndexReader> reader;
  };
  const auto both = std::make_shared<Both>(Both{std::move(db), std::move(reader)});
  return {both, both->reader.get()};
}

}  // namespace

Indexer::Indexer(const LogDb& log, const IndexerOptions& options, LogEnd& end)
    : log_(log), options_(options), end_(end), progress_(0) {}

Indexer::~Indexer() {
  Stop();
  {
    const MutexLock lock(tail_mutex_);
    tail_.reset();
  }
  const bool replace = part_ && !part_->in_place;
  part_.reset();
  {
    const MutexLock lock(mutex_);
    rebuilt_.reset();
    db_.reset();
    if (!replace || !beyond_repair_.ok()) return;  // a mark, if there is one, stays for the next start
  }
  if (const Status replaced = ReplaceDamaged(options_.data_dir); !replaced.ok()) {
    Log(LogLevel::kWarning,
        "the rebuilt index could not be moved to its place; the next start tries again: " + replaced.ToString());
  }
}

Result<Indexer::Part> Indexer::OpenStored() {
  const std::string path = IndexPath(options_.data_dir);
  if (Exists(DamageMarkPath(options_.data_dir))) {
    const auto why = ReadRegularFile(DamageMarkPath(options_.data_dir), 4096);
    Log(LogLevel::kWarning, "the index was found to be damaged before the last stop: " +
                                (why.ok() ? why->substr(0, why->find('\n')) : "no reason was noted"));
    ENVLEDGER_RETURN_IF_ERROR(ReplaceDamaged(options_.data_dir));
  } else {
    // Without a mark, leftovers of a rebuild are of no use.
    ENVLEDGER_RETURN_IF_ERROR(IndexDb::Destroy(RebuiltIndexPath(options_.data_dir)));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(std::shared_ptr<IndexDb> db, IndexDb::Open(path, options_.index));
  if (std::string why = Mismatch(log_, db->watermark()); !why.empty()) return IndexDamage(std::move(why));
  ENVLEDGER_ASSIGN_OR_RETURN(IndexWriter writer, IndexWriter::Resume(log_, *db, options_.writer));
  return Part{std::move(db), std::move(writer)};
}

Result<Indexer::Part> Indexer::MakeAnew(const std::string& path) const {
  ENVLEDGER_RETURN_IF_ERROR(IndexDb::Destroy(path));
  ENVLEDGER_ASSIGN_OR_RETURN(std::shared_ptr<IndexDb> db, IndexDb::Open(path, options_.index));
  ENVLEDGER_ASSIGN_OR_RETURN(IndexWriter writer, IndexWriter::Resume(log_, *db, options_.writer));
  return Part{std::move(db), std::move(writer)};
}

Status Indexer::CatchUp(Part& part, const Tell& tell) const {
  const DurableEnd end = end_.Get();
  ENVLEDGER_RETURN_IF_ERROR(part.writer.CatchUp(end.size(), [&](uint64_t seq) {
    if (tell) tell("indexing, at entry " + std::to_string(seq) + " of " + std::to_string(end.size()));
  }));
  if (part.writer.tree().Root() == end.frontier.Root()) return Ok();
  return Corruption(
      "the tree over all " + std::to_string(end.size()) +
      " entries has another root than the one computed from the last checkpoint and the entries after it");
}

Result<std::unique_ptr<Indexer>> Indexer::Open(const LogDb& log, const IndexerOptions& options, LogEnd& end,
                                               const Tell& tell) {
  std::unique_ptr<Indexer> indexer(new Indexer(log, options, end));
  auto part = indexer->OpenStored();
  Status opened = part.status();
  if (part.ok()) opened = indexer->CatchUp(*part, tell);
  if (IsDamage(opened)) {
    Log(LogLevel::kWarning, "the index is being rebuilt from the log: " + opened.message());
    part = IndexDamage("not open");  // closes it
    part = indexer->MakeAnew(IndexPath(options.data_dir));
    opened = part.status();
    if (part.ok()) opened = indexer->CatchUp(*part, tell);
    if (opened.ok()) Log(LogLevel::kInfo, "the index was rebuilt: " + std::to_string(end.size()) + " entries");
  }
  ENVLEDGER_RETURN_IF_ERROR(std::move(opened));
  {
    const MutexLock lock(indexer->mutex_);
    indexer->db_ = part->db;
  }
  indexer->progress_.Advance(part->writer.watermark());
  indexer->part_ = *std::move(part);
  return indexer;
}

void Indexer::Start() {
  thread_ = std::thread([this] { Loop(); });
}

std::shared_ptr<IndexDb> Indexer::db() const {
  const MutexLock lock(mutex_);
  return db_;
}

std::shared_ptr<const IndexReader> Indexer::Snapshot() const {
  std::shared_ptr<IndexDb> now = db();
  std::unique_ptr<IndexReader> reader = now->Snapshot();
  return Owning(std::move(now), std::move(reader));
}

std::shared_ptr<const IndexReader> Indexer::Latest() const {
  std::shared_ptr<IndexDb> now = db();
  const IndexReader* const latest = &now->Latest();
  return {std::move(now), latest};
}

uint64_t Indexer::DiskBytes() const { return db()->DiskBytes(); }
uint64_t Indexer::MemoryBytes() const { return db()->MemoryBytes(); }

Result<std::shared_ptr<const IndexReader>> Indexer::ReaderOf(uint64_t seq) {
  if (Status reached = WaitFor(seq); !reached.ok()) {
    const MutexLock lock(mutex_);
    if (!disk_fails_) return reached;
  } else {
    return Snapshot();
  }
  const MutexLock lock(tail_mutex_);
  if (tail_ != nullptr && tail_->watermark() >= seq) return tail_;
  auto derived = DeriveTail(log_, Snapshot(), seq, options_.tail_bytes);
  if (derived.status().code() == Code::kResourceExhausted) {
    return Unavailable("the disk of the index cannot be written, and " + derived.status().message());
  }
  ENVLEDGER_ASSIGN_OR_RETURN(tail_, std::move(derived));
  return tail_;
}

Status Indexer::WaitFor(uint64_t seq) {
  const MutexLock lock(mutex_);
  while (watermark() < seq && failure().ok() && !stopping_) {
    if (!damage_.empty() && part_failed_) {
      return Unavailable("the index is being rebuilt, at entry " + std::to_string(rebuilt_to_.load()) +
                         "; ask again later");
    }
    wanted_ = std::max(wanted_, seq);
    wake_.Set();
    moved_.Wait(mutex_);
  }
  if (watermark() >= seq) return Ok();
  ENVLEDGER_RETURN_IF_ERROR(failure());
  return Unavailable("the ledger is closing");
}

void Indexer::Stop() {
  std::thread rebuilding;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    std::swap(rebuilding, rebuilding_);
  }
  wake_.Set();
  moved_.NotifyAll();
  if (rebuilding.joinable()) rebuilding.join();
  if (!thread_.joinable()) return;
  thread_.join();
  Status status = failure();
  if (status.ok()) status = part_->writer.CatchUp(end_.size(), {});
  if (status.ok()) progress_.Advance(part_->writer.watermark());
  if (status.ok()) status = part_->db->Flush();
  if (!status.ok()) Log(LogLevel::kWarning, "the index was not brought up to the end of the log: " + status.ToString());
}

bool Indexer::Stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

std::string Indexer::problem() const {
  const MutexLock lock(mutex_);
  if (!beyond_repair_.ok()) return "the index is damaged and could not be rebuilt: " + beyond_repair_.ToString();
  if (disk_fails_) {
    return "the index cannot be written; queries read what it lacks from the log: " + failure().message();
  }
  if (damage_.empty()) return {};
  return "the index is being rebuilt, at entry " + std::to_string(rebuilt_to_.load()) + " of " +
         std::to_string(end_.size()) + ": " + damage_;
}

// Whether the indexing thread has work: somebody waits, there are enough entries for a whole batch, or a rebuilt index
// is ready.
bool Indexer::IsDue() {
  const MutexLock lock(mutex_);
  if (stopping_ || rebuilt_ || !beyond_repair_.ok()) return true;
  if (part_failed_) return false;
  return wanted_ > watermark() || end_.size() - watermark() >= options_.writer.batch_entries;
}

Status Indexer::Step() {
  ENVLEDGER_RETURN_IF_ERROR(TakeRebuilt());
  bool failed = false;
  {
    const MutexLock lock(mutex_);
    failed = part_failed_;
    if (failed && !beyond_repair_.ok()) return beyond_repair_;
  }
  const uint64_t size = end_.size();
  if (failed || size == watermark()) return Ok();
  Status stepped = part_->writer.Step(size);
  if (stepped.ok()) {
    progress_.Advance(part_->writer.watermark());
    return Ok();
  }
  if (!IsDamage(stepped)) return stepped;
  {
    const MutexLock lock(mutex_);
    part_failed_ = true;
  }
  ReportDamage(stepped);
  return Ok();
}

void Indexer::Loop() {
  NameThisThread("index");
  Progress::Subscription on_growth(end_.progress(), wake_);
  for (;;) {
    const auto patience = std::chrono::steady_clock::now() + options_.lazy;
    on_growth.WakeAt(watermark() + options_.writer.batch_entries);
    while (!IsDue() && wake_.WaitUntil(patience)) {
    }
    if (Stopping()) return;
    const Status status = Step();
    if (IsOfTheDisk(status)) {
      if (!WaitForDisk(status)) return;
      continue;
    }
    if (!status.ok()) progress_.Stop(status);
    { const MutexLock lock(mutex_); }  // a WaitFor that read the old watermark is waiting by now, and is woken
    moved_.NotifyAll();
    if (status.ok()) continue;
    Log(LogLevel::kError, "indexing has stopped: " + status.ToString());
    return;
  }
}

// Returns when the index has been written again, or shows another problem; false when the thread must end.
bool Indexer::WaitForDisk(const Status& why) {
  Log(LogLevel::kError, "the index cannot be written; this is tried again: " + why.ToString());
  progress_.Stop(why);
  {
    const MutexLock lock(mutex_);
    disk_fails_ = true;
  }
  moved_.NotifyAll();
  for (Status tried = why; IsOfTheDisk(tried);) {
    const auto until = std::chrono::steady_clock::now() + options_.retry_after;
    while (!Stopping() && wake_.WaitUntil(until)) {
    }
    if (Stopping()) return false;
    tried = part_->db->Resume();
    if (!tried.ok()) continue;
    auto writer = IndexWriter::Resume(log_, *part_->db, options_.writer);
    tried = writer.status();
    if (!tried.ok()) continue;
    part_->writer = *std::move(writer);
    if (const uint64_t size = end_.size(); size > watermark()) tried = part_->writer.Step(size);
  }
  Log(LogLevel::kInfo, "the index is written again");
  {
    const MutexLock lock(mutex_);
    disk_fails_ = false;
  }
  {
    const MutexLock lock(tail_mutex_);
    tail_.reset();
  }
  progress_.Advance(part_->writer.watermark());
  progress_.Resume();
  moved_.NotifyAll();
  return true;
}

void Indexer::ReportDamage(const Status& why) {
  const MutexLock lock(mutex_);
  if (stopping_ || !damage_.empty() || !beyond_repair_.ok()) return;
  if (rebuilding_.joinable()) {
    beyond_repair_ = Corruption("it was rebuilt once and is damaged again; check the disk, then restart the daemon: " +
                                why.message());
    Log(LogLevel::kError, "the index is damaged: " + beyond_repair_.message());
    wake_.Set();
    return;
  }
  damage_ = why.message();
  Log(LogLevel::kError, "the index is damaged and is being rebuilt in the background: " + damage_);
  rebuilding_ = std::thread([this, text = damage_] { Rebuild(text); });
}

void Indexer::Rebuild(const std::string& why) {
  NameThisThread("rebuild-index");
  setpriority(PRIO_PROCESS, 0, 10);  // lowers the priority of this thread: appends and queries come first
  auto rebuilt = RunRebuild(why);
  const MutexLock lock(mutex_);
  if (rebuilt.ok()) {
    rebuilt_ = *std::move(rebuilt);
  } else if (!stopping_) {
    beyond_repair_ = rebuilt.status();
    Log(LogLevel::kError, "the index could not be rebuilt: " + beyond_repair_.ToString());
  }
  wake_.Set();
}

Result<Indexer::Part> Indexer::RunRebuild(const std::string& why) {
  ENVLEDGER_RETURN_IF_ERROR(WriteFileDurably(DamageMarkPath(options_.data_dir), why + "\n", 0644));
  ENVLEDGER_ASSIGN_OR_RETURN(Part part, MakeAnew(RebuiltIndexPath(options_.data_dir)));
  part.in_place = false;
  while (part.writer.watermark() + options_.writer.batch_entries < end_.size()) {
    if (Stopping()) return Unavailable("the ledger is closing");
    ENVLEDGER_RETURN_IF_ERROR(part.writer.Step(end_.size()));
    rebuilt_to_ = part.writer.watermark();
  }
  return part;
}

// Runs on the indexing thread; the rebuilt index needs only the newest entries.
Status Indexer::TakeRebuilt() {
  std::optional<Part> rebuilt;
  {
    const MutexLock lock(mutex_);
    std::swap(rebuilt, rebuilt_);
  }
  if (!rebuilt) return Ok();
  // At least as far as the old index: heads that the sequencer dropped because that one covered them must be found.
  ENVLEDGER_RETURN_IF_ERROR(rebuilt->writer.CatchUp(std::max(watermark(), end_.size()), {}));
  part_ = std::move(rebuilt);
  {
    const MutexLock lock(mutex_);
    db_ = part_->db;
    damage_.clear();
    part_failed_ = false;
  }
  progress_.Advance(part_->writer.watermark());
  Log(LogLevel::kInfo, "the index was rebuilt: " + std::to_string(watermark()) + " entries");
  return Ok();
}

}  // namespace envledger
