// The record of an index database's files, by which a start notices that somebody else changed them. Private to this
// room.
//
// It is a small file beside them, written after each flush and compaction and at each open. It holds the name of the
// manifest, with the length and the checksum that it had, and the size, inode and times of change of each table file.
//
//   - Opening the database with another program (ldb) leaves a manifest with another name. Our own only ever grows:
//     after a crash it may be longer than recorded, but never shorter, and always begins with the same bytes.
//   - A table file is written once. If its inode or times differ from the record (it was copied, or is newer than the
//     record), its bytes are compared with the checksum in the manifest.
//   - Write-ahead logs are empty, because the index is written without one. A log that is not empty was written by
//     another program.
//
// An older state of the same database is harmless, because its watermark says how far it reaches. So is a lost record:
// the index is then rebuilt. The record is no protection against an operator who forges it too; only the log's proofs
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

// What the file system says about a table file.
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

// Writes a record as text that ends in its own checksum, and reads it. kCorruption for any other text.
std::string FormatIndexFiles(const IndexFiles& files);
Result<IndexFiles> ParseIndexFiles(std::string_view text);

// Keeps the record of one open database. Thread-safe.
class IndexFileRecord : public rocksdb::EventListener {
 public:
  explicit IndexFileRecord(std::string path) : path_(std::move(path)) {}

  // Called before the database in the directory is opened. kCorruption, naming the file and what is wrong with it, when
  // it differs from the record. Ok when the directory holds no database.
  Status CheckBeforeOpen();
  // Called after it was opened, with compactions still off. kCorruption for a table file that matches neither the
  // record nor the checksum in the manifest.
  Status CheckTables(rocksdb::DB& db) const;
  // Records the files as they are now.
  Status Write(rocksdb::DB& db);

  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo&) override { WriteOrWarn(*db); }
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo&) override { WriteOrWarn(*db); }

 private:
  void WriteOrWarn(rocksdb::DB& db);

  const std::string path_;
  IndexFiles recorded_;                        // read by CheckBeforeOpen
  std::map<std::string, FileIdentity> found_;  // the table files that CheckBeforeOpen found
  Mutex writing_;
};

}  // namespace envledger
