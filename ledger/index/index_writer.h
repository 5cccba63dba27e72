// Brings an index up to date with the log, batch by batch. The same code keeps it up to date, catches up after a crash,
// and rebuilds an index that was lost.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/tree_index.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

struct IndexWriterOptions {
  size_t batch_entries = 8192;      // the most that are applied at once
  size_t batch_bytes = 16u << 20;   // of keys and values; a batch ends with the entry that reaches it
  size_t totals_bytes = 16u << 20;  // of principals' totals that are kept between batches
};

// For one thread at a time. The databases are not owned.
class IndexWriter {
 public:
  using Progress = std::function<void(uint64_t seq)>;

  // Continues where `index` ends. IndexDamage (index_db.h) when the index lacks what that needs.
  static Result<IndexWriter> Resume(const LogDb& log, IndexDb& index, const IndexWriterOptions& options);

  // Applies one batch of entries before `until`, at least one. REQUIRES: watermark() < until <= log.size().
  // IndexDamage when the index lacks what the entries continue; kCorruption with rule "log" (log_db.h) when entries are
  // missing from the log or malformed; kUnavailable when the disk cannot be written.
  Status Step(uint64_t until);
  // Steps up to `until`; `progress` (may be empty) is told how far it has got. Errors as from Step.
  Status CatchUp(uint64_t until, const Progress& progress);

  uint64_t watermark() const { return watermark_; }
  // The tree of the indexed entries.
  const Frontier& tree() const { return tree_.frontier(); }

 private:
  IndexWriter(const LogDb& log, IndexDb& index, const IndexWriterOptions& options, TreeBuilder tree);
  Status AddEntry(uint64_t seq, std::string_view bytes, bool first);

  const LogDb* log_;
  IndexDb* index_;
  IndexWriterOptions options_;
  IndexBuilder builder_;
  TreeBuilder tree_;
  std::vector<IndexPut> puts_;  // of one batch; kept for its capacity
  size_t counted_ = 0;          // how many of puts_ are counted in batch_bytes_
  size_t batch_bytes_ = 0;
  uint64_t watermark_;
};

}  // namespace envledger
