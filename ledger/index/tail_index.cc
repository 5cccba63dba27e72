#include "ledger/index/tail_index.h"

#include <string>
#include <utility>
#include <vector>

#include "ledger/index/index_keys.h"
#include "ledger/index/logged_keys.h"
#include "ledger/index/tree_index.h"

namespace envledger {

Result<std::unique_ptr<IndexReader>> DeriveTail(const LogDb& log, std::shared_ptr<const IndexReader> base,
                                                uint64_t until, size_t max_bytes) {
  constexpr size_t kPutOverhead = 2 * sizeof(std::string) + 64;  // an estimate of the node that holds a key
  const uint64_t from = base->watermark();
  IndexBuilder builder(base.get(), from == 0 ? IndexBuilder::Links::kAsTheyStand : IndexBuilder::Links::kContinue);
  ENVLEDGER_ASSIGN_OR_RETURN(TreeBuilder tree, TreeBuilder::Resume(*base));
  std::vector<IndexPut> puts;
  size_t counted = 0;
  size_t bytes = 0;
  Status problem;
  ENVLEDGER_RETURN_IF_ERROR(log.Scan(from, until, [&](uint64_t seq, std::string_view entry) {
    const PreparedEntry prepared = PrepareEntry(entry);
    problem = prepared.status.ok() ? builder.Add(prepared, puts) : prepared.status;
    tree.Add(prepared.leaf_hash, puts);
    for (; counted < puts.size(); ++counted) {
      bytes += puts[counted].key.size() + puts[counted].value.size() + kPutOverhead;
    }
    if (problem.ok() && bytes + builder.MemoryBytes() > max_bytes) {
      problem = Status(Code::kResourceExhausted, "index",
                       "the index of the " + std::to_string(until - from) + " entries after the first " +
                           std::to_string(from) + " takes more than " + std::to_string(max_bytes) + " bytes");
    }
    if (!problem.ok()) problem = std::move(problem).Prepend("entry " + std::to_string(seq) + ": ");
    return problem.ok();
  }));
  ENVLEDGER_RETURN_IF_ERROR(problem);
  return OverlayReader(std::move(base), MemoryReader(std::move(puts), until), until);
}

}  // namespace envledger
