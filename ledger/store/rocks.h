// The use of RocksDB that the store's two databases share. Private to this room.
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger::rocks {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// The status of a failed RocksDB call that changed nothing.
Status ToStatus(const rocksdb::Status& status, std::string_view what);

// The end of a write-ahead log that could not be read.
struct DroppedBytes {
  uint64_t bytes = 0;
  std::string why;   // as RocksDB says it, for the first of them; empty: nothing was dropped
  std::string file;  // the name of the log of that one
};
// A logger for a database that is opened for reading. It prints nothing, and adds up what is dropped.
std::shared_ptr<rocksdb::Logger> KeepDropped(std::shared_ptr<DroppedBytes> dropped);

// Keeps RocksDB from recovering by itself when a full disk has room again: only the caller knows what can be believed
// afterwards, and see CheckSpace.
class NoAutomaticRecovery : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* automatic) override {
    *automatic = false;
  }
};

// Options common to both databases, each with its reason.
rocksdb::DBOptions CommonOptions(bool read_only);
// An open database with its column families, closed in the right order.
struct Handle {
  // The lock of the directory, when the database is open for writing. RocksDB locks a file in it too, but that file can
  // be tidied away, and two writers destroy a database.
  UniqueFd lock;
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;  // owned, in the order of the descriptors

  Handle() = default;
  Handle(Handle&& other) noexcept { *this = std::move(other); }
  Handle& operator=(Handle&& other) noexcept {
    std::swap(lock, other.lock);
    std::swap(db, other.db);
    std::swap(families, other.families);
    return *this;
  }
  ~Handle();
};
// Keeps other writers out of a database's directory, and makes the directory private to its owner, so that nobody else
// can take the lock. kUnavailable (kRuleLocked) when a writer has it already, kNotFound
// when there is no such directory.
Result<UniqueFd> Lock(const std::string& path);

// kCorruption when a file of the database is damaged or missing, kUnavailable when the database cannot be opened at the
// moment, such as for writing when another process has it open for writing. REQUIRES: the directory exists.
Result<Handle> Open(const rocksdb::DBOptions& options, const std::string& path,
                    const std::vector<rocksdb::ColumnFamilyDescriptor>& families, bool read_only);

// Whether the disk has room for what the database has in memory, tried with a file. To be called before a database
// that found no space is told to write again, because an attempt that finds none either is RocksDB's last.
Status CheckSpace(const Handle& handle);

// CRC-32C (RFC 3720, appendix B.4).
uint32_t Crc32c(std::string_view bytes);

uint64_t SumProperty(const Handle& handle, const char* property);

}  // namespace envledger::rocks
