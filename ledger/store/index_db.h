// The indexes: derived from the log, disposable, in a RocksDB database of their own without a write-ahead log.
//
// Every key is written once and names the seq that it came from, so the whole index is a set that can be compared with
// the log. A watermark, written together with the keys, says how far they reach. After a crash the keys and the
// watermark are both those of the last flush, and are brought up to date from the log. What the keys mean is defined in
// index/index_keys.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
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

enum class Table : uint8_t { kEnvelopes = 0, kPrincipals = 1, kFacets = 2, kTree = 3 };
inline constexpr std::array<const char*, 4> kTableNames = {"envelopes", "principals", "facets", "tree"};

// A kCorruption status of rule "index": the index cannot be read, or disagrees with the log, and must be rebuilt.
Status IndexDamage(std::string message);
bool IsIndexDamage(const Status& status);

struct IndexPut {
  Table table;
  std::string key;
  std::string value;
};

// How far the index reaches: the entries before `seq`, the last of which has `last_leaf_hash` (32 bytes; empty at 0).
struct Watermark {
  uint64_t seq = 0;
  std::string last_leaf_hash;
};

// How far a cursor can move: over its whole table, or only over the keys that share their prefix, up to the first 0x00,
// with the key last sought. kPrefix is cheaper, because files without such keys are skipped. When a kPrefix cursor
// leaves these keys it may be anywhere beyond them, or not valid.
enum class Reach : uint8_t { kTable, kPrefix };

// A position in one table, as RocksDB's iterators. The views are valid until the next move.
class IndexCursor {
 public:
  virtual ~IndexCursor() = default;
  virtual void Seek(std::string_view key) = 0;         // at the first key >= `key`
  virtual void SeekForPrev(std::string_view key) = 0;  // at the last key <= `key`
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual bool Valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  virtual Status status() const = 0;  // not ok after a failed read, when Valid() is false; IndexDamage names the file
};

// A view that does not change. Thread-safe; each cursor is for one thread and must be destroyed before its reader.
// Damage that RocksDB finds is returned as IndexDamage, with the name of the file in the message.
class IndexReader {
 public:
  virtual ~IndexReader() = default;
  virtual std::unique_ptr<IndexCursor> NewCursor(Table table, Reach reach) const = 0;
  virtual Result<std::optional<std::string>> Get(Table table, std::string_view key) const = 0;
  virtual uint64_t watermark() const = 0;
};

struct IndexDbOptions {
  size_t block_cache_bytes = 32 << 20;
  size_t write_buffer_bytes = 16 << 20;  // for each table; at most two are held
  int max_open_files = -1;               // as in LogDbOptions
  rocksdb::Env* env = nullptr;           // as in LogDbOptions
  bool compactions = true;               // false for tests that damage the files and must know which are read
};

class IndexDb {
 public:
  // Opens the index, or creates it when there is none. kCorruption when it is damaged or has another format, or when
  // other software has changed its files since this class last did (a crash is not mistaken for that): then call
  // Destroy and rebuild.
  static Result<std::unique_ptr<IndexDb>> Open(const std::string& path, const IndexDbOptions& options);
  // kNotFound when there is none.
  static Result<std::unique_ptr<IndexDb>> OpenReadOnly(const std::string& path, const IndexDbOptions& options);
  // Removes the database's directory with all its contents. kUnavailable while another process has it open for writing.
  static Status Destroy(const std::string& path);
  ~IndexDb();

  // Adds the keys (this sorts them) and moves the watermark, atomically. For one thread at a time.
  Status Apply(std::vector<IndexPut>& puts, const Watermark& watermark);
  // Makes everything applied so far durable.
  Status Flush();
  // Tries to write again after Apply or Flush has failed because the disk could not be written; kUnavailable while it
  // still cannot. Nothing that was applied is lost. The caller derives again what failed, from watermark() on.
  Status Resume();

  Watermark watermark() const;
  // Everything applied so far. The database must outlive the reader.
  std::unique_ptr<IndexReader> Snapshot() const;
  // Does not change between Apply calls: for the sequencer's look-ups, which need no snapshot.
  const IndexReader& Latest() const;

  uint64_t DiskBytes() const;
  uint64_t MemoryBytes() const;

 private:
  struct Impl;
  explicit IndexDb(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// An index in memory.
std::unique_ptr<IndexReader> MemoryReader(std::vector<IndexPut> puts, uint64_t watermark);
// `base` together with the keys of `over`, none of which is in `base`. This adds what a closed or busy ledger's index
// does not reach yet.
std::unique_ptr<IndexReader> OverlayReader(std::shared_ptr<const IndexReader> base,
                                           std::shared_ptr<const IndexReader> over, uint64_t watermark);
// An empty index.
std::unique_ptr<IndexReader> EmptyReader();

}  // namespace envledger
