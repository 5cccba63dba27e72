// Keeps the index up with the log: reads what is durable and not indexed yet, and applies it in sorted batches. Opens
// the index that is there, and makes it anew from the log when it cannot be used: at the start, or beside the normal
// work when damage shows later.
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
#include "ledger/service/heads.h"
#include "ledger/service/log_end.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

struct IndexerOptions {
  std::string data_dir;
  IndexDbOptions index;
  IndexWriterOptions writer;
  std::chrono::milliseconds lazy{50};  // how long a smaller batch may wait for more, unless someone asks
};

// Thread-safe. What it refers to is not owned.
class Indexer : public IndexSource {
 public:
  using Tell = std::function<void(const std::string& text)>;

  // Opens the index and brings it up to the end of the log. An index that is damaged, changed by another program, of
  // another log or of another format is replaced, with a line in the daemon's log that says why. kCorruption when even
  // a new index does not fit `end`: then the log is not what it was. `tell` (may be empty) hears what is being done.
  static Result<std::unique_ptr<Indexer>> Open(const LogDb& log, const IndexerOptions& options, LogEnd& end,
                                               const Tell& tell);
  ~Indexer() override;

  void Start();
  // Returns when the index reaches `seq`, or with the reason why it will not soon: kUnavailable while it is being made
  // anew, or the error that stopped the indexer.
  Status WaitFor(uint64_t seq);
  // Indexes what is durable, flushes, ends the threads.
  void Stop();

  // The index as it is now, or as it is when it is read (IndexDb::Latest). Either may outlive a change to another
  // index, but not this object.
  std::shared_ptr<const IndexReader> Snapshot() const;
  std::shared_ptr<const IndexReader> Latest() const override;

  // Something in the index cannot be read, or is not what the log says. The index is made anew beside the normal work,
  // once; where that does not help, a person must look at the disk, and the next start makes another.
  void ReportDamage(const Status& why);

  // How far the index reaches, to subscribe to; it stops with the error that stopped the indexer.
  Progress& progress() { return progress_; }
  uint64_t watermark() const override { return progress_.at(); }
  Status failure() const { return progress_.stopped(); }
  // What keeps the index from being in order; empty when nothing does.
  std::string problem() const;
  uint64_t DiskBytes() const;
  uint64_t MemoryBytes() const;

 private:
  // An open index and what writes it.
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
  Status Step();
  bool IsDue() EXCLUDES(mutex_);
  bool Stopping() const EXCLUDES(mutex_);
  Status TakeRebuilt() EXCLUDES(mutex_);
  void Rebuild(const std::string& why);
  Result<Part> RunRebuild(const std::string& why);

  const LogDb& log_;
  const IndexerOptions options_;
  LogEnd& end_;
  std::optional<Part> part_;  // of the indexing thread once that runs
  Progress progress_;
  std::atomic<uint64_t> rebuilt_to_{0};  // how far a rebuild is

  Wakeup wake_;  // of the indexing thread
  mutable Mutex mutex_;
  CondVar moved_;
  std::shared_ptr<IndexDb> db_ GUARDED_BY(mutex_);  // part_->db, for others
  uint64_t wanted_ GUARDED_BY(mutex_) = 0;          // someone waits for this seq
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::string damage_ GUARDED_BY(mutex_);           // why the index is being made anew; empty: it is not
  bool part_failed_ GUARDED_BY(mutex_) = false;     // the damaged index takes no more entries
  std::optional<Part> rebuilt_ GUARDED_BY(mutex_);  // nearly up with the log, for the indexing thread to take
  Status beyond_repair_ GUARDED_BY(mutex_);         // a rebuild failed, or did not help
  std::thread rebuilding_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace envledger
