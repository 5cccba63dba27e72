// Durability rests on three decisions. Each group is one WriteBatch with WriteOptions::sync, so RocksDB returns only
// after the write-ahead log's fdatasync. Recovery tolerates a torn last record, which was never acknowledged. It drops
// other damage at the end only when the caller has compared the rest with the mark of what was acknowledged; RocksDB's
// default would silently drop acknowledged records. And after the first failed write this object refuses all further
// ones: the kernel may have dropped the dirty pages, so a later success would prove nothing. The one exception is a
// write that found no space: nothing was synced then, and the file that it was to go to is not used again (Resume).
#include "ledger/store/log_db.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <limits>

#include "ledger/base/bytes.h"
#include "ledger/base/invariant.h"
#include "ledger/files/file.h"
#include "ledger/store/log_mark.h"
#include "ledger/store/rocks.h"

namespace envledger {

Status LogDamage(std::string message) { return Status(Code::kCorruption, "log", std::move(message)); }

bool IsLogDamage(const Status& status) { return status.code() == Code::kCorruption && status.rule() == "log"; }

struct LogDb::Impl {
  rocks::Handle handle;
  std::shared_ptr<rocks::DroppedBytes> dropped = std::make_shared<rocks::DroppedBytes>();
  rocksdb::DB* db() const { return handle.db.get(); }
  rocksdb::ColumnFamilyHandle* entries() const { return handle.families[1]; }
  rocksdb::ColumnFamilyHandle* checkpoints() const { return handle.families[2]; }
  rocksdb::ColumnFamilyHandle* meta() const { return handle.families[3]; }
};

namespace {

// Converts the status of a read of the log; damage becomes LogDamage.
Status OfTheLog(const rocksdb::Status& status, std::string_view what) {
  Status converted = rocks::ToStatus(status, what);
  return status.IsCorruption() ? LogDamage(converted.message()) : converted;
}

constexpr char kRotationsKey[] = "key_rotations";  // the seqs of the entries that rotate the key, 8 bytes each
constexpr char kFrontierKey[] = "frontier";        // of the latest checkpoint: its size, then the hashes

rocksdb::DBOptions DatabaseOptions(const LogDbOptions& options, bool read_only, LogDb::DamagedEnd damaged_end) {
  rocksdb::DBOptions db = rocks::CommonOptions(read_only);
  db.wal_recovery_mode = damaged_end == LogDb::DamagedEnd::kDrop
                             ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                             : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.recycle_log_file_num = 0;  // old records in a recycled file would be taken for a corrupt tail
  db.wal_compression = rocksdb::kNoCompression;
  db.track_and_verify_wals_in_manifest = true;  // notices a deleted WAL, unless it is the live one
  // The write-ahead log holds mostly entries; an occasional checkpoint must not keep old files alive.
  db.max_total_wal_size = 4 * options.write_buffer_bytes;
  db.wal_bytes_per_sync = 0;  // every write is synced anyway
  if (!read_only) db.max_open_files = options.max_open_files;
  if (options.env != nullptr) db.env = options.env;
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> Families(const LogDbOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.block_size = 16 << 10;                 // most reads are scans or of neighbours; larger blocks compress better
  table.cache_index_and_filter_blocks = true;  // so that the cache's size bounds them too
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions small;
  small.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  small.write_buffer_size = 1 << 20;
  small.memtable_protection_bytes_per_key = 8;

  rocksdb::ColumnFamilyOptions entries = small;
  entries.write_buffer_size = options.write_buffer_bytes;
  entries.max_write_buffer_number = 2;
  // Keys ascend and are written once, so files never overlap and only move down. ZSTD halves the disk at no cost in
  // append throughput.
  entries.compression = rocksdb::kZSTD;
  entries.level_compaction_dynamic_level_bytes = true;
  return {{rocksdb::kDefaultColumnFamilyName, small}, {"entries", entries}, {"checkpoints", small}, {"meta", small}};
}

// Opens the database; damage becomes LogDamage.
Result<rocks::Handle> OpenLog(const rocksdb::DBOptions& options, const std::string& path, const LogDbOptions& ours,
                              bool read_only) {
  auto handle = rocks::Open(options, path, Families(ours), read_only);
  if (handle.status().code() == Code::kCorruption) return LogDamage(handle.status().message());
  return handle;
}

// Whether a write failed because the disk was full, and not a sync. The status begins with the call that failed
// (rocks_files.cc).
bool FoundNoSpace(const rocksdb::Status& status) {
  if (!status.IsNoSpace() || status.getState() == nullptr) return false;
  const std::string_view failed = status.getState();
  return failed.starts_with("write ") || failed.starts_with("open ");
}

Result<uint64_t> SizeOf(const rocks::Handle& handle, rocksdb::ColumnFamilyHandle* entries) {
  rocksdb::ReadOptions read;
  const std::unique_ptr<rocksdb::Iterator> last(handle.db->NewIterator(read, entries));
  last->SeekToLast();
  if (!last->Valid()) {
    ENVLEDGER_RETURN_IF_ERROR(OfTheLog(last->status(), "find the last entry"));
    return uint64_t{0};
  }
  if (last->key().size() != 8)
    return LogDamage("the log holds a key that is not a seq: " + Hex(rocks::ToView(last->key())));
  return ReadU64(rocks::ToView(last->key())) + 1;
}

}  // namespace

LogDb::LogDb(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LogDb::~LogDb() = default;

Status LogDb::Create(const std::string& path, const LogDbOptions& options) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return Conflict("exists", path + " already exists");
  // RocksDB would create it too, but would first log an error that it does not exist.
  std::filesystem::create_directory(path, error);
  if (error) return FromErrno(error.value(), "create " + path);
  rocksdb::DBOptions db = DatabaseOptions(options, false, DamagedEnd::kRefuse);
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.error_if_exists = true;
  ENVLEDGER_ASSIGN_OR_RETURN(const rocks::Handle handle, rocks::Open(db, path, Families(options), false));
  return SyncDirectory(DirectoryOf(path));
}

Result<std::unique_ptr<LogDb>> LogDb::Open(const std::string& path, const LogDbOptions& options,
                                           DamagedEnd damaged_end) {
  auto impl = std::make_unique<Impl>();
  ENVLEDGER_ASSIGN_OR_RETURN(impl->handle, OpenLog(DatabaseOptions(options, false, damaged_end), path, options, false));
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t size, SizeOf(impl->handle, impl->entries()));
  std::unique_ptr<LogDb> log(new LogDb(std::move(impl)));
  log->size_ = size;
  return log;
}

Result<std::unique_ptr<LogDb>> LogDb::OpenReadOnly(const std::string& path, const LogDbOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return NotFound("no log in " + path);
  auto impl = std::make_unique<Impl>();
  // The writer may remove a file after its manifest was read here and before the file is opened: then try again.
  for (int attempt = 0;; ++attempt) {
    rocksdb::DBOptions db = DatabaseOptions(options, true, DamagedEnd::kDrop);
    *impl->dropped = {};
    db.info_log = rocks::KeepDropped(impl->dropped);
    auto handle = OpenLog(db, path, options, true);
    if (handle.ok()) {
      impl->handle = *std::move(handle);
      break;
    }
    if (attempt == 4) return std::move(handle).status();
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t size, SizeOf(impl->handle, impl->entries()));
  std::unique_ptr<LogDb> log(new LogDb(std::move(impl)));
  log->size_ = size;
  log->failed_ = true;  // it is read-only, so writes are refused
  return log;
}

Status LogDb::CheckEnd(const std::optional<LogMark>& mark) const {
  const std::string end = "the log ends after " + std::to_string(size()) + " entries";
  const std::string& why = impl_->dropped->why;
  const std::string unreadable = why.empty() ? ""
                                             : "; " + std::to_string(impl_->dropped->bytes) +
                                                   " bytes of its write-ahead log cannot be read (" +
                                                   impl_->dropped->file + ": " + why + ")";
  if (mark && mark->size > size()) {
    return {Verdict::kTruncated, end + ", but " + std::to_string(mark->size) + " were acknowledged" + unreadable};
  }
  // What RocksDB calls truncated is an incomplete record at the very end of the file.
  if (mark || why.empty() || why.find("truncated") != std::string::npos) return Ok();
  return LogDamage(end + unreadable + ", and nothing shows whether entries in them were acknowledged");
}

uint64_t LogDb::dropped_bytes() const { return impl_->dropped->bytes; }

Result<std::shared_ptr<void>> LogDb::LockOut(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path + "/CURRENT", error)) return NotFound("there is no log of a ledger in " + path);
  rocksdb::Env* const env = rocksdb::Env::Default();
  rocksdb::FileLock* lock = nullptr;
  if (const rocksdb::Status locked = env->LockFile(path + "/LOCK", &lock); !locked.ok()) {
    return Unavailable("the ledger is in use by another process: " + locked.ToString());
  }
  return std::shared_ptr<void>(lock, [env](void* held) { env->UnlockFile(static_cast<rocksdb::FileLock*>(held)); });
}

Status LogDb::Write(void* batch) {
  if (failed_.load(std::memory_order_acquire)) {
    return {Code::kUnknownOutcome, "an earlier write to the log failed; restart to recover"};
  }
  rocksdb::WriteOptions write;
  write.sync = true;
  const rocksdb::Status status = impl_->db()->Write(write, static_cast<rocksdb::WriteBatch*>(batch));
  if (status.ok()) return Ok();
  if (!FoundNoSpace(status)) failed_for_good_.store(true, std::memory_order_release);
  failed_.store(true, std::memory_order_release);
  return {Code::kUnknownOutcome, "write to the log: " + status.ToString()};
}

Status LogDb::Resume() {
  ENVLEDGER_RETURN_IF_ERROR(rocks::CheckSpace(impl_->handle));
  // Flushes what is in memory and begins a new write-ahead log, so that no recovery will read the old one.
  const rocksdb::Status resumed = impl_->db()->Resume();
  if (!resumed.ok()) return Unavailable("write to the log again: " + resumed.ToString());
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t found, SizeOf(impl_->handle, impl_->entries()));
  if (found != size()) {
    return Unavailable("the log has " + std::to_string(found) + " entries, but " + std::to_string(size()) +
                       " were acknowledged; restart to recover");
  }
  failed_.store(false, std::memory_order_release);
  // A write that was under way meanwhile may have failed in another way: an entry and a checkpoint have two threads.
  if (failed_for_good_.load(std::memory_order_acquire)) {
    failed_.store(true, std::memory_order_release);
    return Unavailable("another write to the log failed; restart to recover");
  }
  return Ok();
}

// The last check before the disk: a ledger in which a seq is written twice, or left out, never verifies again.
Status LogDb::CheckFollows(uint64_t first_seq) const {
  ENVLEDGER_INVARIANT(first_seq == size(), "a group that begins with entry " + std::to_string(first_seq) +
                                               " does not follow the " + std::to_string(size()) +
                                               " entries of the log");
  return Ok();
}

Status LogDb::Append(uint64_t first_seq, const std::vector<std::string_view>& entries) {
  ENVLEDGER_RETURN_IF_ERROR(CheckFollows(first_seq));
  size_t bytes = 64;
  for (const std::string_view entry : entries) bytes += entry.size() + 32;
  rocksdb::WriteBatch batch(bytes);
  uint64_t seq = first_seq;
  for (const std::string_view entry : entries) {
    const std::string key = U64Key(seq++);
    if (const auto status = batch.Put(impl_->entries(), key, rocks::ToSlice(entry)); !status.ok()) {
      return Internal("batch: " + status.ToString());
    }
  }
  ENVLEDGER_RETURN_IF_ERROR(Write(&batch));
  size_.store(seq, std::memory_order_release);
  return Ok();
}

Status LogDb::AppendKeyRotation(uint64_t seq, std::string_view entry) {
  ENVLEDGER_RETURN_IF_ERROR(CheckFollows(seq));
  std::string seqs;
  const auto read = impl_->db()->Get(rocksdb::ReadOptions(), impl_->meta(), kRotationsKey, &seqs);
  if (!read.ok() && !read.IsNotFound()) return OfTheLog(read, "read the key rotations");
  AppendU64(seqs, seq);
  rocksdb::WriteBatch batch;
  auto status = batch.Put(impl_->entries(), U64Key(seq), rocks::ToSlice(entry));
  if (status.ok()) status = batch.Put(impl_->meta(), kRotationsKey, seqs);
  if (!status.ok()) return Internal("batch: " + status.ToString());
  ENVLEDGER_RETURN_IF_ERROR(Write(&batch));
  size_.store(seq + 1, std::memory_order_release);
  return Ok();
}

Result<std::vector<uint64_t>> LogDb::KeyRotations() const {
  std::string bytes;
  const auto status = impl_->db()->Get(rocksdb::ReadOptions(), impl_->meta(), kRotationsKey, &bytes);
  if (!status.ok() && !status.IsNotFound()) return OfTheLog(status, "read the key rotations");
  std::vector<uint64_t> seqs;
  for (std::string_view rest = bytes; rest.size() >= 8; rest.remove_prefix(8)) seqs.push_back(ReadU64(rest));
  return seqs;
}

Status LogDb::PutCheckpoint(uint64_t size, std::string_view note, std::string_view frontier) {
  ENVLEDGER_INVARIANT(size <= this->size(), "a checkpoint of " + std::to_string(size) + " entries, but the log has " +
                                                std::to_string(this->size()));
  rocksdb::WriteBatch batch;
  const std::string value = U64Key(size) + std::string(frontier);
  auto status = batch.Put(impl_->checkpoints(), U64Key(size), rocks::ToSlice(note));
  if (status.ok()) status = batch.Put(impl_->meta(), kFrontierKey, value);
  if (!status.ok()) return Internal("batch: " + status.ToString());
  return Write(&batch);
}

Result<std::string> LogDb::Read(uint64_t seq) const {
  std::string value;
  const rocksdb::Status status = impl_->db()->Get(rocksdb::ReadOptions(), impl_->entries(), U64Key(seq), &value);
  if (status.ok()) return value;
  const std::string name = "entry " + std::to_string(seq);
  if (status.IsNotFound() && seq < size()) return LogDamage(name + " is missing");
  return OfTheLog(status, name);
}

Status LogDb::Scan(uint64_t from, uint64_t until, const std::function<bool(uint64_t, std::string_view)>& visit) const {
  rocksdb::ReadOptions read;
  read.readahead_size = until - from > 4096 ? 2 << 20 : 0;
  read.fill_cache = until - from < 512;  // a long scan must not evict what queries use
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db()->NewIterator(read, impl_->entries()));
  for (at->Seek(U64Key(from)); at->Valid(); at->Next()) {
    const std::string_view key = rocks::ToView(at->key());
    if (key.size() != 8) return LogDamage("the log holds a key that is not a seq: " + Hex(key));
    const uint64_t seq = ReadU64(key);
    if (seq >= until || !visit(seq, rocks::ToView(at->value()))) return Ok();
  }
  return OfTheLog(at->status(), "scan the log");
}

Result<std::vector<StoredCheckpoint>> LogDb::Checkpoints(uint64_t from_size, size_t limit) const {
  std::vector<StoredCheckpoint> found;
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db()->NewIterator(rocksdb::ReadOptions(), impl_->checkpoints()));
  for (at->Seek(U64Key(from_size)); at->Valid() && found.size() < limit; at->Next()) {
    if (at->key().size() != 8) return LogDamage("a checkpoint's key is not a size: " + Hex(rocks::ToView(at->key())));
    found.push_back({ReadU64(rocks::ToView(at->key())), at->value().ToString()});
  }
  ENVLEDGER_RETURN_IF_ERROR(OfTheLog(at->status(), "read the checkpoints"));
  return found;
}

Result<std::optional<StoredCheckpoint>> LogDb::LatestCheckpoint(std::string* frontier) const {
  const std::unique_ptr<rocksdb::Iterator> at(impl_->db()->NewIterator(rocksdb::ReadOptions(), impl_->checkpoints()));
  at->SeekToLast();
  if (!at->Valid()) {
    ENVLEDGER_RETURN_IF_ERROR(OfTheLog(at->status(), "read the latest checkpoint"));
    return std::optional<StoredCheckpoint>();
  }
  if (at->key().size() != 8) return LogDamage("a checkpoint's key is not a size: " + Hex(rocks::ToView(at->key())));
  StoredCheckpoint latest{ReadU64(rocks::ToView(at->key())), at->value().ToString()};
  if (frontier != nullptr) {
    std::string value;
    const auto status = impl_->db()->Get(rocksdb::ReadOptions(), impl_->meta(), kFrontierKey, &value);
    if (!status.ok() && !status.IsNotFound()) return OfTheLog(status, "read the frontier");
    frontier->clear();
    if (value.size() >= 8 && ReadU64(value) == latest.size) *frontier = value.substr(8);
  }
  return std::optional<StoredCheckpoint>(std::move(latest));
}

uint64_t LogDb::DiskBytes() const { return rocks::SumProperty(impl_->handle, "rocksdb.total-sst-files-size"); }

uint64_t LogDb::MemoryBytes() const {
  uint64_t cache = 0;  // one cache, shared by all families
  impl_->db()->GetIntProperty(impl_->entries(), "rocksdb.block-cache-usage", &cache);
  return cache + rocks::SumProperty(impl_->handle, "rocksdb.cur-size-all-mem-tables");
}

}  // namespace envledger
