#include "ledger/store/rocks.h"

#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/sst_file_reader.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "ledger/base/bytes.h"
#include "ledger/base/log.h"
#include "ledger/files/directory_lock.h"
#include "ledger/store/rocks_files.h"

namespace envledger::rocks {
namespace {

constexpr std::chrono::milliseconds kNoPatience{0};

// RocksDB's warnings and errors become lines of our own log. Its LOG files are not written at all: a reader must not
// rotate them in a directory that another process uses, and the packaged library aborts when it cannot write one
// because the disk is full.
class ForwardingLogger : public rocksdb::Logger {
 public:
  ForwardingLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    Logv(rocksdb::InfoLogLevel::INFO_LEVEL, format, arguments);
  }
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level >= rocksdb::InfoLogLevel::HEADER_LEVEL) return;
    char text[1024];
    std::vsnprintf(text, sizeof text, format, arguments);
    const bool warning = level == rocksdb::InfoLogLevel::WARN_LEVEL;
    Log(warning ? LogLevel::kWarning : LogLevel::kError, std::string("rocksdb: ") + text);
  }
};

// Keeps what a reader of a write-ahead log drops, and says nothing else: the status of an open or a read says what is
// wrong. RocksDB tells of dropped bytes in its log only, as "[(ignoring error) ]PATH: dropping 531 bytes; Corruption: truncated record body".
class ReadersLogger : public rocksdb::Logger {
 public:
  explicit ReadersLogger(std::shared_ptr<DroppedBytes> dropped)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), dropped_(std::move(dropped)) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char text[1024];
    std::vsnprintf(text, sizeof text, format, arguments);
    constexpr std::string_view kDropping = "dropping ";
    constexpr std::string_view kBytes = " bytes; ";
    const std::string_view line = text;
    const size_t number = line.find(kDropping);
    const size_t end = line.find(kBytes);
    if (number == std::string_view::npos || end == std::string_view::npos) return;
    dropped_->bytes +=
        ParseDecimal(line.substr(number + kDropping.size(), end - number - kDropping.size())).value_or(0);
    if (!dropped_->why.empty()) return;
    dropped_->why = line.substr(end + kBytes.size());
    const std::string_view path = line.substr(0, line.rfind(": ", number));
    dropped_->file = path.substr(path.rfind('/') + 1);
  }

 private:
  const std::shared_ptr<DroppedBytes> dropped_;
};

// Whoever can open a directory can lock it, and so keep its writer from starting.
void KeepPrivate(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
  if (chmod(path.c_str(), S_IRWXU) == 0) return;
  Log(LogLevel::kWarning, "other users can open " + path + " and could keep its lock: chmod it to 0700");
}

// RocksDB does not always say which table it could not open. Reads only the parts of each that opening it needs.
std::string DamagedTables(const std::string& path) {
  rocksdb::Options options;
  options.env = FilesEnv();
  std::string names;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(path, error)) {
    if (file.path().extension() != ".sst" || rocksdb::SstFileReader(options).Open(file.path()).ok()) continue;
    names += (names.empty() ? "; damaged: " : ", ") + file.path().filename().string();
  }
  return names;
}

}  // namespace

std::shared_ptr<rocksdb::Logger> KeepDropped(std::shared_ptr<DroppedBytes> dropped) {
  return std::make_shared<ReadersLogger>(std::move(dropped));
}

Status ToStatus(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return Ok();
  const std::string message = std::string(what) + ": " + status.ToString();
  if (status.IsNotFound()) return NotFound(message);
  if (status.IsCorruption()) return Corruption(message);
  return Unavailable(message);
}

rocksdb::DBOptions CommonOptions(bool read_only) {
  rocksdb::DBOptions options;
  options.env = FilesEnv();
  if (read_only) {
    options.info_log = KeepDropped(std::make_shared<DroppedBytes>());
  } else {
    options.info_log = std::make_shared<ForwardingLogger>();
  }
  // One flush and one compaction at a time are enough for keys that mostly ascend, and leave the second core to
  // sealing.
  options.max_background_jobs = 2;
  // Every file stays open: reads never pay for a re-open, and a reader beside a writer keeps what it opened even after
  // the writer's compactions have unlinked it.
  options.max_open_files = -1;
  // Statistics dumps and periodic persistence only wake the disk.
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.paranoid_checks = true;
  // Files are written back steadily instead of in one burst at the end, which would stall the log's fsync.
  options.bytes_per_sync = 1 << 20;
  options.avoid_flush_during_shutdown = true;
  options.listeners.push_back(std::make_shared<NoAutomaticRecovery>());
  return options;
}

Handle::~Handle() {
  if (!db) return;
  for (rocksdb::ColumnFamilyHandle* family : families) db->DestroyColumnFamilyHandle(family);
  db->Close();
}

Result<UniqueFd> Lock(const std::string& path) {
  auto lock = LockDirectory(path, kNoPatience);
  if (lock.status().rule() == kRuleLocked) {
    return Status(Code::kUnavailable, std::string(kRuleLocked),
                  "open " + path + ": another process has it open for writing");
  }
  if (lock.ok()) KeepPrivate(path);
  return lock;
}

Result<Handle> Open(const rocksdb::DBOptions& options, const std::string& path,
                    const std::vector<rocksdb::ColumnFamilyDescriptor>& families, bool read_only) {
  Handle handle;
  if (!read_only) {
    ENVLEDGER_ASSIGN_OR_RETURN(handle.lock, Lock(path));
  }
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = read_only
                                     ? rocksdb::DB::OpenForReadOnly(options, path, families, &handle.families, &db)
                                     : rocksdb::DB::Open(options, path, families, &handle.families, &db);
  handle.db.reset(db);
  if (status.ok()) return handle;
  Status failure = ToStatus(status, "open " + path);
  if (status.IsCorruption()) failure = Status(Code::kCorruption, failure.message() + DamagedTables(path));
  // A missing file, or one that does not say what it must, will not come back by trying again.
  const bool missing = status.IsIOError() && status.subcode() == rocksdb::Status::kPathNotFound;
  return missing || status.IsInvalidArgument() || status.IsNotFound() ? Corruption(failure.message()) : failure;
}

Status CheckSpace(const Handle& handle) {
  rocksdb::Env& env = *handle.db->GetEnv();
  const std::string path = handle.db->GetName() + "/000000.dbtmp";  // RocksDB removes such files when it finds them
  const std::string block(64 << 10, '\0');
  const uint64_t needed = SumProperty(handle, "rocksdb.cur-size-all-mem-tables") + (1 << 20);
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status = env.NewWritableFile(path, &file, rocksdb::EnvOptions());
  for (uint64_t written = 0; status.ok() && written < needed; written += block.size()) status = file->Append(block);
  if (status.ok()) status = file->Sync();
  if (file != nullptr) file->Close().PermitUncheckedError();
  env.DeleteFile(path).PermitUncheckedError();
  return ToStatus(status, "write " + std::to_string(needed) + " bytes");
}

uint32_t Crc32c(std::string_view bytes) {
  const auto crc = rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator({});
  crc->Update(bytes.data(), bytes.size());
  crc->Finalize();
  return ReadU32(crc->GetChecksum());  // big-endian
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
