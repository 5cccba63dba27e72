// A small file beside the log that notes how far it was durable: the high-water mark of what may have been acknowledged.
//
// At the end of a write-ahead log, a group that was being written when the machine stopped looks like a group that was
// acknowledged and then damaged. The mark tells them apart. It is only a reason for suspicion: nothing is ever taken
// from it, and a ledger without it opens as if nothing were known.
//
// The mark is written before each group is acknowledged, so it survives the end of the process. It is made durable
// shortly afterwards, by a thread of its own, so after a power cut it may be up to `sync_every` behind.
//
// The file has two copies, each at the beginning of a page of 4096 bytes, written in turn, so that one of them is whole
// at any moment: one line of text with the size, the leaf hash of the last entry (hexadecimal), and a CRC-32C of the
// line up to there (hexadecimal). The copy of the larger size counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "ledger/base/bytes.h"
#include "ledger/base/mutex.h"
#include "ledger/base/status.h"

namespace envledger {

struct LogMark {
  uint64_t size = 0;      // entries
  Hash last_leaf_hash{};  // of entry size - 1
  bool operator==(const LogMark&) const = default;
};

// The mark in this file; nullopt when there is no file. kCorruption when neither copy in it is whole,
// or when it is no file.
Result<std::optional<LogMark>> ReadLogMark(const std::string& path);

// Thread-safe, but Write is for one thread at a time.
class LogMarkWriter {
 public:
  // Replaces the file by a new one with this mark, durably.
  static Result<std::unique_ptr<LogMarkWriter>> Create(const std::string& path, const LogMark& mark,
                                                       std::chrono::milliseconds sync_every);
  // Makes the last mark durable.
  ~LogMarkWriter();

  // Notes that the log is durable up to here. Does not wait for the disk. A failure is told by problem().
  void Write(const LogMark& mark) EXCLUDES(mutex_);
  // Not ok while the mark could not be written, or could not be made durable.
  Status problem() const EXCLUDES(mutex_);

 private:
  LogMarkWriter(std::string path, int fd, std::chrono::milliseconds sync_every);
  void SyncLoop();
  void Report(const Status& problem) EXCLUDES(mutex_);
  bool IsUnwritten() const EXCLUDES(mutex_);

  const std::string path_;
  const int fd_;
  const std::chrono::milliseconds sync_every_;
  unsigned next_copy_ = 1;  // used by Write only

  mutable Mutex mutex_;
  CondVar changed_;
  bool dirty_ GUARDED_BY(mutex_) = false;
  bool unwritten_ GUARDED_BY(mutex_) = false;  // the last Write failed
  bool stopping_ GUARDED_BY(mutex_) = false;
  Status problem_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace envledger
