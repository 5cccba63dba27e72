// Keeps the index up with the log: reads what is durable and not indexed yet, and applies it in sorted batches. The
// same code catches up after a crash and rebuilds an index that was lost.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/tree_index.h"
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
  // `tree` is resumed from the index as it is now; `size` gives the durable size of the log; `on_indexed` is called on
  // the indexer's thread after each batch.
  Indexer(const LogDb& log, IndexDb& index, TreeBuilder tree, const IndexerOptions& options,
          std::function<uint64_t()> size, std::function<void()> on_indexed);
  ~Indexer();

  // Brings the index up to `until` on the caller's thread. REQUIRES: before Start. `progress` (may be empty) hears how
  // far.
  Status CatchUp(uint64_t until, const std::function<void(uint64_t seq)>& progress);
  // The tree over what is indexed. REQUIRES: before Start.
  const Frontier& tree() const { return tree_.frontier(); }
  void Start();
  // The log has grown.
  void Notify();
  // Returns when the index reaches `seq`, or with the error that stopped the indexer.
  Status WaitFor(uint64_t seq);
  // Indexes what is durable, flushes, ends the thread.
  void Stop();

  uint64_t watermark() const { return watermark_.load(std::memory_order_acquire); }
  Status failure() const;

 private:
  // One batch from the watermark on.
  Status Step(uint64_t until);
  void Loop();

  const LogDb& log_;
  IndexDb& index_;
  const IndexerOptions options_;
  const std::function<uint64_t()> size_;
  const std::function<void()> on_indexed_;
  IndexBuilder builder_;
  TreeBuilder tree_;
  std::vector<IndexPut> puts_;  // of one batch; kept for its capacity
  std::atomic<uint64_t> watermark_;

  mutable Mutex mutex_;
  CondVar wake_;
  CondVar moved_;
  uint64_t wanted_ GUARDED_BY(mutex_) = 0;  // someone waits for this seq
  bool stopping_ GUARDED_BY(mutex_) = false;
  Status failure_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace envledger
