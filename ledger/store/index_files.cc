#include "ledger/store/index_files.h"

#include <rocksdb/file_checksum.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ledger/base/bytes.h"
#include "ledger/base/log.h"
#include "ledger/files/durable_file.h"
#include "ledger/files/file.h"
#include "ledger/store/rocks.h"

namespace envledger {
namespace {

constexpr std::string_view kTitle = "envledger index files 1\n";
constexpr std::string_view kRecordName = "FILES";
constexpr size_t kMaxRecordBytes = 16u << 20;

std::unique_ptr<rocksdb::FileChecksumGenerator> NewCrc() {
  return rocksdb::GetFileChecksumGenCrc32cFactory()->CreateFileChecksumGenerator({});
}

// The checksum of a file's first `bytes` bytes. kCorruption when the file cannot be read that far.
Result<std::string> ChecksumOfFile(const std::string& path, uint64_t bytes) {
  std::ifstream in(path, std::ios::binary);
  const auto crc = NewCrc();
  std::array<char, 1 << 16> buffer;
  for (uint64_t left = bytes; left > 0;) {
    in.read(buffer.data(), static_cast<std::streamsize>(std::min<uint64_t>(left, buffer.size())));
    const auto got = static_cast<uint64_t>(in.gcount());
    if (got == 0) return Corruption(path + " cannot be read to its recorded end, byte " + std::to_string(bytes));
    crc->Update(buffer.data(), got);
    left -= got;
  }
  crc->Finalize();
  return crc->GetChecksum();
}

int64_t NanosecondsOf(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

Result<FileIdentity> IdentityOf(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return FromErrno(errno, "stat " + path);
  return FileIdentity{static_cast<uint64_t>(file.st_size), static_cast<uint64_t>(file.st_ino),
                      NanosecondsOf(file.st_ctim), NanosecondsOf(file.st_mtim)};
}

// Removes the slash that RocksDB puts in front of file names.
std::string_view Bare(std::string_view name) { return name.starts_with('/') ? name.substr(1) : name; }

// Whether the file is a write-ahead log that RocksDB would read when it opens the database.
bool IsNonEmptyLog(const std::filesystem::directory_entry& entry) {
  std::error_code error;
  return entry.path().extension() == ".log" && entry.file_size(error) > 0;
}

}  // namespace

std::string FormatIndexFiles(const IndexFiles& files) {
  std::ostringstream out;
  out << kTitle << "manifest " << files.manifest << ' ' << files.manifest_bytes << ' ' << files.manifest_crc << '\n';
  for (const auto& [name, identity] : files.tables) {
    out << "table " << name << ' ' << identity.size << ' ' << identity.inode << ' ' << identity.changed_ns << ' '
        << identity.modified_ns << '\n';
  }
  std::string text = out.str();
  return text + "crc32c " + std::to_string(rocks::Crc32c(text)) + '\n';
}

Result<IndexFiles> ParseIndexFiles(std::string_view text) {
  const Status malformed = Corruption("the record of the index's files is damaged");
  const size_t end = text.rfind("crc32c ");
  if (!text.starts_with(kTitle) || end == std::string_view::npos) return malformed;
  if (text.substr(end) != "crc32c " + std::to_string(rocks::Crc32c(text.substr(0, end))) + '\n') return malformed;
  std::istringstream lines{std::string(text.substr(kTitle.size(), end - kTitle.size()))};
  IndexFiles files;
  std::string word;
  if (!(lines >> word >> files.manifest >> files.manifest_bytes >> files.manifest_crc)) return malformed;
  for (std::string name; lines >> word >> name;) {
    FileIdentity identity;
    if (!(lines >> identity.size >> identity.inode >> identity.changed_ns >> identity.modified_ns)) return malformed;
    files.tables.emplace(std::move(name), identity);
  }
  return files;
}

Status IndexFileRecord::CheckBeforeOpen() {
  std::error_code error;
  bool holds_files = false;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename();
    holds_files = true;
    if (!entry.is_regular_file(error)) return Corruption(name + " is not a regular file");
    if (IsNonEmptyLog(entry)) return Corruption(name + " was written by another program: the index has no such log");
    if (entry.path().extension() != ".sst") continue;
    ENVLEDGER_ASSIGN_OR_RETURN(found_[name], IdentityOf(entry.path()));
  }
  if (error) return Unavailable("read " + path_ + ": " + error.message());
  if (!holds_files) return Ok();

  const std::string record_path = path_ + "/" + std::string(kRecordName);
  const auto record = ReadRegularFile(record_path, kMaxRecordBytes);
  if (!record.ok()) {
    return Corruption("the index has no record of its files (" + record.status().message() +
                      "): an older version made it, or the record was removed");
  }
  ENVLEDGER_ASSIGN_OR_RETURN(recorded_, ParseIndexFiles(*record));
  const auto current = ReadRegularFile(path_ + "/CURRENT", 4096);
  if (!current.ok() || *current != recorded_.manifest + "\n") {
    return Corruption("CURRENT does not name " + recorded_.manifest + ": another program opened the index");
  }
  const auto checksum = ChecksumOfFile(path_ + "/" + recorded_.manifest, recorded_.manifest_bytes);
  if (!checksum.ok()) return checksum.status();
  uint32_t crc = 0;
  for (const char byte : *checksum) crc = crc << 8 | static_cast<uint8_t>(byte);
  if (crc == recorded_.manifest_crc) return Ok();
  return Corruption(recorded_.manifest + " does not match the record: it was changed or replaced");
}

Status IndexFileRecord::CheckTables(rocksdb::DB& db) const {
  std::vector<rocksdb::LiveFileMetaData> live;
  db.GetLiveFilesMetaData(&live);
  for (const rocksdb::LiveFileMetaData& table : live) {
    const std::string name(Bare(table.name));
    const auto found = found_.find(name);
    if (found == found_.end()) continue;  // written since by this process
    const auto recorded = recorded_.tables.find(name);
    if (recorded != recorded_.tables.end() && recorded->second == found->second) continue;
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string checksum, ChecksumOfFile(path_ + "/" + name, table.size));
    if (table.file_checksum_func_name != NewCrc()->Name() || checksum != table.file_checksum) {
      return Corruption(name + " is not what was written: its checksum differs from the manifest's");
    }
  }
  return Ok();
}

Status IndexFileRecord::Write(rocksdb::DB& db) {
  const MutexLock lock(writing_);
  std::vector<std::string> names;
  IndexFiles files;
  const rocksdb::Status listed = db.GetLiveFiles(names, &files.manifest_bytes, false);
  if (!listed.ok()) return Unavailable("list the index's files: " + listed.ToString());
  for (const std::string& listed_name : names) {
    const std::string name(Bare(listed_name));
    if (name.starts_with("MANIFEST-")) files.manifest = name;
    if (!name.ends_with(".sst")) continue;
    auto identity = IdentityOf(path_ + "/" + name);
    // A compaction may have removed the file meanwhile: it then writes the next record, without the file.
    if (identity.ok()) files.tables.emplace(name, *identity);
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string checksum,
                             ChecksumOfFile(path_ + "/" + files.manifest, files.manifest_bytes));
  for (const char byte : checksum) files.manifest_crc = files.manifest_crc << 8 | static_cast<uint8_t>(byte);
  return WriteFileDurably(path_ + "/" + std::string(kRecordName), FormatIndexFiles(files), 0640);
}

void IndexFileRecord::WriteOrWarn(rocksdb::DB& db) {
  if (const Status status = Write(db); !status.ok()) {
    Log(LogLevel::kWarning,
        "the record of the index's files could not be written, so the next start will read more of these files: " +
            status.ToString());
  }
}

}  // namespace envledger
