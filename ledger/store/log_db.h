// The log: sealed entries by seq, signed checkpoints by size, and a little metadata, in one RocksDB database. The only
// truth.
//
// Column families: `entries` (seq, big-endian u64 -> entry bytes), `checkpoints` (size, big-endian u64 -> signed note),
// `meta` (name -> bytes, which save reading the whole log to find something or to start). Entries are written once and
// never changed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"

namespace rocksdb {
class Env;
}

namespace envledger {

struct LogMark;  // log_mark.h

struct LogDbOptions {
  size_t block_cache_bytes = 32 << 20;
  size_t write_buffer_bytes = 32 << 20;  // at most two are held
  int max_open_files = -1;               // table files that stay open, once they were read; -1: all of them
  rocksdb::Env* env = nullptr;           // for fault injection; not owned, must outlive the database
};

// A kCorruption status of rule "log": the log itself is damaged. Rebuilding the index does not help.
Status LogDamage(std::string message);
bool IsLogDamage(const Status& status);

struct StoredCheckpoint {
  uint64_t size = 0;
  std::string note;
};

// Reads are thread-safe and may run concurrently with Append and PutCheckpoint. Those two are for one thread at a time.
class LogDb {
 public:
  // Creates an empty database in a directory that does not exist yet. kConflict when it does.
  static Status Create(const std::string& path, const LogDbOptions& options);
  // What to do about an end of the write-ahead log that cannot be read, other than a torn last record.
  enum class DamagedEnd {
    kRefuse,  // kCorruption
    kDrop,    // it is lost for good; the caller has opened for reading before, and judged what would be left
  };
  // Opens for writing. LogDamage when a file is damaged or missing, kUnavailable when another process has it open.
  static Result<std::unique_ptr<LogDb>> Open(const std::string& path, const LogDbOptions& options,
                                             DamagedEnd damaged_end = DamagedEnd::kRefuse);
  // Opens the state of this moment, of a closed database or one that another process writes. Changes nothing in the
  // directory. An end that cannot be read is left out: see CheckEnd. LogDamage when a file is damaged or missing; kNotFound when there is no database.
  static Result<std::unique_ptr<LogDb>> OpenReadOnly(const std::string& path, const LogDbOptions& options);
  ~LogDb();

  // Keeps every writer out of the database while the result lives, without opening it. kUnavailable when a writer has
  // it open, kNotFound when there is no database.
  static Result<std::shared_ptr<void>> LockOut(const std::string& path);

  // Whether what an opening for reading found is all that was acknowledged. `mark`: the mark of the log, read before it
  // was opened. A status with the verdict kTruncated when entries are missing that the mark shows. Without a mark,
  // LogDamage for an end that cannot be read and is no torn last record: it may have held acknowledged entries.
  Status CheckEnd(const std::optional<LogMark>& mark) const;
  // How many bytes at the end of the write-ahead log an opening for reading has left out.
  uint64_t dropped_bytes() const;

  // One more than the largest stored seq; 0 when empty. Grows when Append returns ok.
  uint64_t size() const { return size_.load(std::memory_order_acquire); }

  // Writes the entries first_seq, first_seq+1, ... by one synced write. kUnknownOutcome on failure: after a restart
  // none, some or all of the entries may be there. Every later write is then refused the same way, because a failed
  // fsync is never repeated. first_seq must be size(), otherwise kInternal and nothing is written.
  Status Append(uint64_t first_seq, const std::vector<std::string_view>& entries);
  // Appends one entry that rotates the ledger's key, and adds its seq to KeyRotations in the same write. Errors are
  // those of Append.
  Status AppendKeyRotation(uint64_t seq, std::string_view entry);
  // Stores a checkpoint's note and `frontier` (the tree's right edge before its last leaf, for a quick start), synced.
  // Errors are those of Append; kInternal for a checkpoint of more entries than the log has.
  Status PutCheckpoint(uint64_t size, std::string_view note, std::string_view frontier);
  // True once a write has failed.
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  // True once a write has failed because the disk was full, before anything was synced. A failed sync is never of this
  // kind: what it left is only known after a restart.
  bool failed_for_space() const { return failed() && !failed_for_good_.load(std::memory_order_acquire); }
  // Writes again after a failure of that kind: into a new write-ahead log, once everything that the old one vouches for
  // is in tables. What failed is not in the log then, and never will be. kUnavailable while the disk is still full.
  // REQUIRES: failed_for_space().
  Status Resume();

  // The entry's bytes. kNotFound when `seq` is not below size(). LogDamage when the entry below size() cannot be read
  // or is missing.
  Result<std::string> Read(uint64_t seq) const;
  // The seqs given to AppendKeyRotation, ascending. They only say where to look; the entries there are authoritative.
  Result<std::vector<uint64_t>> KeyRotations() const;
  // Calls `visit` with the stored entries of from <= seq < until, in order, until it returns false. Missing entries are
  // skipped; the visitor has to notice gaps. LogDamage for an unreadable block or a key that is not a seq.
  Status Scan(uint64_t from, uint64_t until,
              const std::function<bool(uint64_t seq, std::string_view entry)>& visit) const;

  // The checkpoints of at least `from_size`, ascending, at most `limit`.
  Result<std::vector<StoredCheckpoint>> Checkpoints(uint64_t from_size, size_t limit) const;
  // The largest checkpoint, if any; `frontier` receives what PutCheckpoint stored with it.
  Result<std::optional<StoredCheckpoint>> LatestCheckpoint(std::string* frontier) const;

  // The bytes of files and of memory that the database uses now.
  uint64_t DiskBytes() const;
  uint64_t MemoryBytes() const;

 private:
  struct Impl;
  explicit LogDb(std::unique_ptr<Impl> impl);
  Status CheckFollows(uint64_t first_seq) const;
  Status Write(void* batch);
  std::unique_ptr<Impl> impl_;
  std::atomic<uint64_t> size_{0};
  std::atomic<bool> failed_{false};
  std::atomic<bool> failed_for_good_{false};  // a write has failed in another way than for want of space
};

}  // namespace envledger
