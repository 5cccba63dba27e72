#include "ledger/store/rocks.h"

#include <rocksdb/env.h>

namespace envledger::rocks {
namespace {

class NoLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

}  // namespace

Status ToStatus(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return Ok();
  const std::string message = std::string(what) + ": " + status.ToString();
  if (status.IsNotFound()) return NotFound(message);
  if (status.IsCorruption()) return Corruption(message);
  return Unavailable(message);
}

rocksdb::DBOptions CommonOptions() {
  rocksdb::DBOptions options;
  // One flush and one compaction at a time suffice for keys that mostly ascend, and leave the second core to sealing.
  options.max_background_jobs = 2;
  // Every file stays open: no re-open costs on reads, and a reader beside a writer keeps what it opened even after the
  // writer's compactions unlinked it.
  options.max_open_files = -1;
  options.keep_log_file_num = 4;
  options.max_log_file_size = 4 << 20;
  // Statistics dumps and periodic persistence only wake the disk.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.paranoid_checks = true;
  // Files are written back steadily instead of in one burst at their end, which would stall the log's fsync.
  options.bytes_per_sync = 1 << 20;
  options.avoid_flush_during_shutdown = true;
  return options;
}

std::shared_ptr<rocksdb::Logger> SilentLogger() { return std::make_shared<NoLogger>(); }

Handle::~Handle() {
  if (!db) return;
  for (rocksdb::ColumnFamilyHandle* family : families) db->DestroyColumnFamilyHandle(family);
  db->Close();
}

Result<Handle> Open(const rocksdb::DBOptions& options, const std::string& path,
                    const std::vector<rocksdb::ColumnFamilyDescriptor>& families, bool read_only) {
  Handle handle;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      read_only ? rocksdb::DB::OpenForReadOnly(options, path, families, &handle.families, &db)
                : rocksdb::DB::Open(options, path, families, &handle.families, &db);
  handle.db.reset(db);
  if (!status.ok()) return ToStatus(status, "open " + path);
  return handle;
}

uint64_t SumProperty(const Handle& handle, const char* property) {
  uint64_t sum = 0;
  for (rocksdb::ColumnFamilyHandle* family : handle.families) {
    uint64_t value = 0;
    if (handle.db->GetIntProperty(family, property, &value)) sum += value;
  }
  return sum;
}

}  // namespace envledger::rocks
