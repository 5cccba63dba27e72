// A column family for each table, and a watermark. Writes skip the write-ahead log, because everything here can be
// rebuilt from the log. `atomic_flush` makes the families and the watermark reach the disk together, so that a crash
// leaves a consistent earlier state. At the next open, a record of the files (index_files.h) shows whether anybody else
// has written to them.
#include "ledger/store/index_db.h"

#include <rocksdb/cache.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "ledger/base/bytes.h"
#include "ledger/base/mutex.h"
#include "ledger/files/directory_lock.h"
#include "ledger/store/index_files.h"
#include "ledger/store/rocks.h"

namespace envledger {
namespace {

// Converts the status of a read of the index; damage becomes IndexDamage.
Status OfTheIndex(const rocksdb::Status& status, std::string_view what) {
  Status converted = rocks::ToStatus(status, what);
  return status.IsCorruption() ? IndexDamage(converted.message()) : converted;
}

constexpr char kWatermarkKey[] = "watermark";  // seq (8 bytes), leaf hash of the entry before it (32 bytes, if any)
constexpr char kFormatKey[] = "format";
constexpr size_t kRecordOverhead = 12;  // for each key and value in a batch: type, column family, lengths
constexpr char kFormat[] = "envledger index 6";

class RocksCursor : public IndexCursor {
 public:
  explicit RocksCursor(rocksdb::Iterator* at) : at_(at) {}
  void Seek(std::string_view key) override { at_->Seek(rocks::ToSlice(key)); }
  void SeekForPrev(std::string_view key) override { at_->SeekForPrev(rocks::ToSlice(key)); }
  void Next() override { at_->Next(); }
  void Prev() override { at_->Prev(); }
  bool Valid() const override { return at_->Valid(); }
  std::string_view key() const override { return rocks::ToView(at_->key()); }
  std::string_view value() const override { return rocks::ToView(at_->value()); }
  Status status() const override { return OfTheIndex(at_->status(), "read the index"); }

 private:
  std::unique_ptr<rocksdb::Iterator> at_;
};

class RocksReader : public IndexReader {
 public:
  RocksReader(const rocks::Handle* handle, const rocksdb::Snapshot* snapshot, uint64_t watermark)
      : handle_(handle), snapshot_(snapshot), watermark_(watermark) {
    read_.snapshot = snapshot;
    read_.total_order_seek = true;
  }
  ~RocksReader() override {
    if (snapshot_ != nullptr) handle_->db->ReleaseSnapshot(snapshot_);
  }
  std::unique_ptr<IndexCursor> NewCursor(Table table, Reach reach) const override {
    rocksdb::ReadOptions read = read_;
    if (reach == Reach::kPrefix) {
      read.total_order_seek = false;
      read.prefix_same_as_start = true;
    }
    return std::make_unique<RocksCursor>(handle_->db->NewIterator(read, Family(table)));
  }
  Result<std::optional<std::string>> Get(Table table, std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = handle_->db->Get(read_, Family(table), rocks::ToSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return OfTheIndex(status, "read the index");
    return std::optional<std::string>(std::move(value));
  }
  uint64_t watermark() const override { return watermark_; }

 private:
  rocksdb::ColumnFamilyHandle* Family(Table table) const { return handle_->families[1 + static_cast<size_t>(table)]; }

  const rocks::Handle* const handle_;
  const rocksdb::Snapshot* const snapshot_;  // null: reads see the latest state
  const uint64_t watermark_;
  rocksdb::ReadOptions read_;
};

// The part of a key that the prefix filters use: up to and including the first 0x00. The files hold the name of this
// transform, so a different rule needs a different name.
class UpToNul : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "envledger.UpToNul"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), Length(key)}; }
  bool InDomain(const rocksdb::Slice& key) const override { return Length(key) > 0; }

 private:
  static size_t Length(const rocksdb::Slice& key) {
    const size_t at = rocks::ToView(key).find('\0');
    return at == std::string_view::npos ? 0 : at + 1;
  }
};

std::vector<rocksdb::ColumnFamilyDescriptor> Families(const IndexDbOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  // Indexes and filters are cached, so that the cache's size bounds them too, and partitioned, so that a look-up loads
  // one small block: whole filters, megabytes each, would evict one another and be read again for nearly every look-up.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_top_level_index_and_filter = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 4096;
  table.format_version = 5;
  rocksdb::ColumnFamilyOptions ascending;
  ascending.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  ascending.write_buffer_size = options.write_buffer_bytes;
  ascending.max_write_buffer_number = 2;
  ascending.compression = rocksdb::kLZ4Compression;
  ascending.level_compaction_dynamic_level_bytes = true;

  // Nearly every look-up of an envelope asks for one that does not exist yet, and the records of an existing one are in
  // one or two of the table's files. Filters of the ids, with one entry for all records of an envelope, tell which.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = false;
  rocksdb::ColumnFamilyOptions envelopes = ascending;
  envelopes.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  envelopes.prefix_extractor = std::make_shared<UpToNul>();
  envelopes.memtable_prefix_bloom_size_ratio = 0.05;
  // Hashes do not compress.
  rocksdb::ColumnFamilyOptions hashes = ascending;
  hashes.compression = rocksdb::kNoCompression;
  return {{rocksdb::kDefaultColumnFamilyName, ascending},
          {kTableNames[0], envelopes},
          {kTableNames[1], ascending},
          {kTableNames[2], ascending},
          {kTableNames[3], hashes}};
}

Result<Watermark> ReadWatermark(const rocks::Handle& handle) {
  std::string value;
  const rocksdb::Status status = handle.db->Get(rocksdb::ReadOptions(), kWatermarkKey, &value);
  if (status.IsNotFound()) return Watermark{};
  if (!status.ok()) return rocks::ToStatus(status, "read the index's watermark");
  if (value.size() != 8 && value.size() != 40) return Corruption("the index's watermark is malformed");
  return Watermark{ReadU64(value), value.substr(8)};
}

Status CheckFormat(const rocks::Handle& handle, bool may_write) {
  std::string value;
  const rocksdb::Status status = handle.db->Get(rocksdb::ReadOptions(), kFormatKey, &value);
  if (status.ok()) {
    return value == kFormat ? Ok() : Corruption("the index has another format: \"" + value + "\"");
  }
  if (!status.IsNotFound()) return rocks::ToStatus(status, "read the index's format");
  const std::unique_ptr<rocksdb::Iterator> first(handle.db->NewIterator(rocksdb::ReadOptions(), handle.families[1]));
  first->SeekToFirst();
  if (first->Valid()) return Corruption("the index names no format");
  if (!may_write) return Ok();
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  return rocks::ToStatus(handle.db->Put(write, kFormatKey, kFormat), "write the index's format");
}

}  // namespace

Status IndexDamage(std::string message) { return Status(Code::kCorruption, "index", std::move(message)); }

bool IsIndexDamage(const Status& status) { return status.code() == Code::kCorruption && status.rule() == "index"; }

struct IndexDb::Impl {
  std::shared_ptr<IndexFileRecord> files;  // null when opened for reading only
  rocks::Handle handle;
  std::unique_ptr<RocksReader> latest;
  mutable Mutex mutex;
  Watermark watermark GUARDED_BY(mutex);

  Status Start(bool may_write) {
    ENVLEDGER_RETURN_IF_ERROR(CheckFormat(handle, may_write));
    ENVLEDGER_ASSIGN_OR_RETURN(Watermark stored, ReadWatermark(handle));
    latest = std::make_unique<RocksReader>(&handle, nullptr, 0);
    const MutexLock lock(mutex);
    watermark = std::move(stored);
    return Ok();
  }
};

IndexDb::IndexDb(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexDb::~IndexDb() = default;

Result<std::unique_ptr<IndexDb>> IndexDb::Open(const std::string& path, const IndexDbOptions& options) {
  // RocksDB would create it too, but would first log an error that it does not exist.
  std::error_code error;
  std::filesystem::create_directory(path, error);
  if (error) return FromErrno(error.value(), "create " + path);
  rocksdb::DBOptions db = rocks::CommonOptions(false);
  db.max_open_files = options.max_open_files;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.atomic_flush = true;
  db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
  auto impl = std::make_unique<Impl>();
  impl->files = std::make_shared<IndexFileRecord>(path);
  ENVLEDGER_RETURN_IF_ERROR(impl->files->CheckBeforeOpen());
  db.listeners.push_back(impl->files);
  // A compaction would read files that have not been checked, and remove them: compactions start after the check.
  std::vector<rocksdb::ColumnFamilyDescriptor> families = Families(options);
  for (rocksdb::ColumnFamilyDescriptor& family : families) family.options.disable_auto_compactions = true;
  ENVLEDGER_ASSIGN_OR_RETURN(impl->handle, rocks::Open(db, path, families, false));
  rocksdb::DB& opened = *impl->handle.db;
  ENVLEDGER_RETURN_IF_ERROR(impl->files->CheckTables(opened));
  ENVLEDGER_RETURN_IF_ERROR(impl->files->Write(opened));
  if (options.compactions) {
    ENVLEDGER_RETURN_IF_ERROR(
        rocks::ToStatus(opened.EnableAutoCompaction(impl->handle.families), "start compactions of the index"));
  }
  ENVLEDGER_RETURN_IF_ERROR(impl->Start(true));
  return std::unique_ptr<IndexDb>(new IndexDb(std::move(impl)));
}

Result<std::unique_ptr<IndexDb>> IndexDb::OpenReadOnly(const std::string& path, const IndexDbOptions& options) {
  std::error_code error;
  if (!std::filesystem::exists(path + "/CURRENT", error)) return NotFound("no index in " + path);
  const rocksdb::DBOptions db = rocks::CommonOptions(true);
  for (int attempt = 0;; ++attempt) {  // a running writer may remove a file while it is being opened here
    auto impl = std::make_unique<Impl>();
    auto handle = rocks::Open(db, path, Families(options), true);
    if (handle.ok()) {
      impl->handle = *std::move(handle);
      ENVLEDGER_RETURN_IF_ERROR(impl->Start(false));
      return std::unique_ptr<IndexDb>(new IndexDb(std::move(impl)));
    }
    if (attempt == 4) return std::move(handle).status();
  }
}

Status IndexDb::Destroy(const std::string& path) {
  const auto lock = rocks::Lock(path);
  if (lock.status().rule() == kRuleLocked) return lock.status();
  std::error_code error;
  std::filesystem::remove_all(path, error);
  return error ? Unavailable("remove " + path + ": " + error.message()) : Ok();
}

Status IndexDb::Apply(std::vector<IndexPut>& puts, const Watermark& watermark) {
  // Sorted keys turn the insertions into the memtables, the only random access of the design, into a forward walk.
  std::sort(puts.begin(), puts.end(),
            [](const IndexPut& a, const IndexPut& b) { return std::tie(a.table, a.key) < std::tie(b.table, b.key); });
  // Batches take megabytes: growing one step by step would copy it several times, and leave up to half of it unused.
  size_t bytes = 256 + watermark.last_leaf_hash.size();
  for (const IndexPut& put : puts) bytes += put.key.size() + put.value.size() + kRecordOverhead;
  rocksdb::WriteBatch batch(bytes);
  rocksdb::Status status;
  for (const IndexPut& put : puts) {
    status = batch.Put(impl_->handle.families[1 + static_cast<size_t>(put.table)], put.key, put.value);
    if (!status.ok()) return Internal("batch: " + status.ToString());
  }
  status = batch.Put(kWatermarkKey, U64Key(watermark.seq) + watermark.last_leaf_hash);
  if (!status.ok()) return Internal("batch: " + status.ToString());
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  ENVLEDGER_RETURN_IF_ERROR(OfTheIndex(impl_->handle.db->Write(write, &batch), "write the index"));
  const MutexLock lock(impl_->mutex);
  impl_->watermark = watermark;
  return Ok();
}

Status IndexDb::Flush() {
  rocksdb::FlushOptions options;
  return rocks::ToStatus(impl_->handle.db->Flush(options, impl_->handle.families), "flush the index");
}

Status IndexDb::Resume() {
  ENVLEDGER_RETURN_IF_ERROR(rocks::CheckSpace(impl_->handle));
  return rocks::ToStatus(impl_->handle.db->Resume(), "write the index again");
}

Watermark IndexDb::watermark() const {
  const MutexLock lock(impl_->mutex);
  return impl_->watermark;
}

std::unique_ptr<IndexReader> IndexDb::Snapshot() const {
  // The watermark is read first, so that the snapshot holds at least what it covers.
  const uint64_t seq = watermark().seq;
  return std::make_unique<RocksReader>(&impl_->handle, impl_->handle.db->GetSnapshot(), seq);
}

const IndexReader& IndexDb::Latest() const { return *impl_->latest; }

uint64_t IndexDb::DiskBytes() const { return rocks::SumProperty(impl_->handle, "rocksdb.total-sst-files-size"); }

uint64_t IndexDb::MemoryBytes() const {
  uint64_t cache = 0;
  impl_->handle.db->GetIntProperty(impl_->handle.families[1], "rocksdb.block-cache-usage", &cache);
  return cache + rocks::SumProperty(impl_->handle, "rocksdb.cur-size-all-mem-tables");
}

}  // namespace envledger
