// The record of an index database's files: what lets a start notice that somebody else touched them. Private to this
// room.
//
// It is a small file beside them, written after each flush and compaction and at each open. What it holds: the name of
// the manifest, and how far and to what checksum it reached; and of each table file its size, inode and times of
// change.
//
//   - Whoever opens the database with another program (ldb) leaves a manifest of another name. Ours only ever grows:
//     after a crash it may reach further than the record, never less far, and never with another beginning.
//   - A table file is written once. Where its inode or times are not those of the record (it was copied, or is newer
//     than the record), its bytes are held against the checksum that the manifest keeps.
//   - Write-ahead logs are empty, since the index is written without one. A log with bytes in it is another's.
//
// An older state of the same database is harmless, because its watermark says how far it reaches. So is a lost record:
// the index is then rebuilt. It is no protection against an operator who forges the record too; only the log's proofs
// are.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"

namespace envledger {

// What the file system says of a table file.
struct FileIdentity {
  uint64_t size = 0;
  uint64_t inode = 0;
  int64_t changed_ns = 0;   // ctime
  int64_t modified_ns = 0;  // mtime
  bool operator==(const FileIdentity&) const = default;
};

// The content of the record.
struct IndexFiles {
  std::string manifest;
  uint64_t manifest_bytes = 0;
  uint32_t manifest_crc = 0;                   // CRC-32C of that many bytes
  std::map<std::string, FileIdentity> tables;  // by name
};

// The text of a record, ending in its own checksum, and back. kCorruption for what FormatIndexFiles did not write.
std::string FormatIndexFiles(const IndexFiles& files);
Result<IndexFiles> ParseIndexFiles(std::string_view text);

// Keeps the record of one open database. Thread-safe.
class IndexFileRecord : public rocksdb::EventListener {
 public:
  explicit IndexFileRecord(std::string path) : path_(std::move(path)) {}

  // Before the database in the directory is opened: kCorruption, naming the file and what is wrong with it, when it is
  // not as it was recorded. Ok when the directory holds no database.
  Status CheckBeforeOpen();
  // After it was opened, with compactions still off: kCorruption for a table file that is neither as it was recorded
  // nor of the manifest's checksum.
  Status CheckTables(rocksdb::DB& db) const;
  // Writes the record of the files as they are now.
  Status Write(rocksdb::DB& db);

  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo&) override { WriteOrWarn(*db); }
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo&) override { WriteOrWarn(*db); }

 private:
  void WriteOrWarn(rocksdb::DB& db);

  const std::string path_;
  IndexFiles recorded_;                        // what CheckBeforeOpen found
  std::map<std::string, FileIdentity> found_;  // table files that lay there then
  Mutex writing_;
};

}  // namespace envledger
