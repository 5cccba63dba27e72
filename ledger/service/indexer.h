// Keeps the index up with the log: reads what is durable and not indexed yet, and applies it in sorted batches. The
// same code catches up after a crash and rebuilds an index that was lost.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/base/wakeup.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/tree_index.h"
#include "ledger/service/log_end.h"
#include "ledger/service/progress.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

struct IndexerOptions {
  size_t batch_entries = 8192;         // applied at once
  std::chrono::milliseconds lazy{50};  // how long a smaller batch may wait for more, unless someone asks
  size_t principal_cache = 65'536;
};

// Thread-safe. The databases are not owned.
class Indexer {
 public:
  // `tree` is resumed from the index as it is now; `end` is that of the log.
  Indexer(const LogDb& log, IndexDb& index, TreeBuilder tree, const IndexerOptions& options, LogEnd& end);
  ~Indexer();

  // Brings the index up to `until` on the caller's thread. REQUIRES: before Start. `progress` (may be empty) hears how
  // far.
  Status CatchUp(uint64_t until, const std::function<void(uint64_t seq)>& progress);
  // The tree over what is indexed. REQUIRES: before Start.
  const Frontier& tree() const { return tree_.frontier(); }
  void Start();
  // Returns when the index reaches `seq`, or with the error that stopped the indexer.
  Status WaitFor(uint64_t seq);
  // Indexes what is durable, flushes, ends the thread.
  void Stop();

  // How far the index reaches, to subscribe to; it stops with the error that stopped the indexer.
  Progress& progress() { return progress_; }
  uint64_t watermark() const { return progress_.at(); }
  Status failure() const { return progress_.stopped(); }

 private:
  // One batch from the watermark on.
  Status Step(uint64_t until);
  void Loop();
  bool BatchIsDue();
  bool Stopping();

  const LogDb& log_;
  IndexDb& index_;
  const IndexerOptions options_;
  LogEnd& end_;
  IndexBuilder builder_;
  TreeBuilder tree_;
  std::vector<IndexPut> puts_;  // of one batch; kept for its capacity
  Progress progress_;

  Wakeup wake_;  // of the thread
  Mutex mutex_;
  CondVar moved_;
  uint64_t wanted_ GUARDED_BY(mutex_) = 0;  // someone waits for this seq
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace envledger
