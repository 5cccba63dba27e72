// Keeps the index up to date: reads entries that are durable and not indexed yet, and applies them in sorted batches.
// It opens the stored index, and rebuilds it from the log when it cannot be used: at the start, or in the background
// when damage is found later.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/base/progress.h"
#include "ledger/base/status.h"
#include "ledger/base/wakeup.h"
#include "ledger/index/index_writer.h"
#include "ledger/sealing/heads.h"
#include "ledger/service/log_end.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

struct IndexerOptions {
  std::string data_dir;
  IndexDbOptions index;
  IndexWriterOptions writer;
  size_t tail_bytes = 32 << 20;                 // of keys in memory, while the index cannot be written
  std::chrono::milliseconds retry_after{1000};  // a failed write is tried again at this interval
  std::chrono::milliseconds lazy{50};  // how long a smaller batch waits for more entries, unless somebody needs them
};

// Thread-safe. The objects passed by reference are not owned.
class Indexer : public IndexSource {
 public:
  using Tell = std::function<void(const std::string& text)>;

  // Opens the index and brings it up to the end of the log. An index that is damaged, was changed by another program,
  // belongs to another log or has another format is replaced, and the daemon's log says why. kCorruption when even a
  // new index does not fit `end`: then the log has changed since it was verified. `tell` (may be empty) receives
  // progress.
  static Result<std::unique_ptr<Indexer>> Open(const LogDb& log, const IndexerOptions& options, LogEnd& end,
                                               const Tell& tell);
  ~Indexer() override;

  void Start();
  // An unchanging reader of the entries before `seq`, which must be durable; waits until the index reaches them. While
  // the disk cannot be written, the entries that the index lacks are derived from the log and held in memory, at most
  // tail_bytes. The reader stays valid when a rebuilt index takes over, but must not outlive this object. kUnavailable
  // during a rebuild, or when too many entries are missing; otherwise the error that stopped the indexer.
  Result<std::shared_ptr<const IndexReader>> ReaderOf(uint64_t seq);
  // Indexes all durable entries, flushes, and ends the threads.
  void Stop();

  // A reader that always sees the latest state (IndexDb::Latest). It stays valid when a rebuilt index takes over, but
  // must not outlive this object.
  std::shared_ptr<const IndexReader> Latest() const override;

  // Reports that the index cannot be read or does not agree with the log. It is then rebuilt in the background, once.
  // If damage is found again after that, a person must look at the disk; the next start rebuilds it again.
  void ReportDamage(const Status& why);

  // How far the index reaches, to subscribe to. It is stopped while the disk cannot be written, and for good by an error
  // of another kind.
  Progress& progress() { return progress_; }
  uint64_t watermark() const override { return progress_.at(); }
  Status failure() const { return progress_.stopped(); }
  // What is wrong with the index; empty when nothing is.
  std::string problem() const;
  uint64_t DiskBytes() const;
  uint64_t MemoryBytes() const;

 private:
  // An open index and its writer.
  struct Part {
    std::shared_ptr<IndexDb> db;
    IndexWriter writer;
    bool in_place = true;  // in IndexPath rather than RebuiltIndexPath
  };

  Indexer(const LogDb& log, const IndexerOptions& options, LogEnd& end);
  Result<Part> OpenStored();
  Result<Part> MakeAnew(const std::string& path) const;
  Status CatchUp(Part& part, const Tell& tell) const;
  std::shared_ptr<IndexDb> db() const EXCLUDES(mutex_);

  void Loop();
  Status WaitFor(uint64_t seq) EXCLUDES(mutex_);
  std::shared_ptr<const IndexReader> Snapshot() const EXCLUDES(mutex_);
  Status Step();
  bool WaitForDisk(const Status& why) EXCLUDES(mutex_);
  bool IsDue() EXCLUDES(mutex_);
  bool Stopping() const EXCLUDES(mutex_);
  Status TakeRebuilt() EXCLUDES(mutex_);
  void Rebuild(const std::string& why);
  Result<Part> RunRebuild(const std::string& why);

  const LogDb& log_;
  const IndexerOptions options_;
  LogEnd& end_;
  std::optional<Part> part_;  // used only by the indexing thread once it runs
  Progress progress_;
  std::atomic<uint64_t> rebuilt_to_{0};  // how far a rebuild has come

  Wakeup wake_;  // wakes the indexing thread
  mutable Mutex mutex_;
  CondVar moved_;
  std::shared_ptr<IndexDb> db_ GUARDED_BY(mutex_);  // part_->db, for other threads
  uint64_t wanted_ GUARDED_BY(mutex_) = 0;          // someone waits for this seq
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::string damage_ GUARDED_BY(mutex_);           // why the index is being rebuilt; empty: it is not
  bool part_failed_ GUARDED_BY(mutex_) = false;     // the damaged index takes no more entries
  std::optional<Part> rebuilt_ GUARDED_BY(mutex_);  // nearly up to date, ready for the indexing thread
  Status beyond_repair_ GUARDED_BY(mutex_);         // a rebuild failed, or did not help
  bool disk_fails_ GUARDED_BY(mutex_) = false;      // the index cannot be written for now
  std::thread rebuilding_ GUARDED_BY(mutex_);
  Mutex tail_mutex_;                                                 // taken before mutex_
  std::shared_ptr<const IndexReader> tail_ GUARDED_BY(tail_mutex_);  // the last reader with a derived part
  std::thread thread_;
};

}  // namespace envledger
