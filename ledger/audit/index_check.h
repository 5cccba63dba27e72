// Compares an index with the log it was made from, both ways, without holding either. Private to this room.
//
// Every index key is written once and names its seq. So for each run of seqs the keys that the log gives and the keys
// that the index holds are two sets; their keyed hashes are added up, and equal sums mean equal sets (the key is
// random, so a difference cannot be crafted to cancel out). Only runs whose sums differ are then compared key by key.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ledger/audit/index_keys.h"
#include "ledger/audit/tree_index.h"
#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

class IndexCheck {
 public:
  // Entries from the watermark on are not expected in the index.
  explicit IndexCheck(const IndexReader& index);  // not owned

  // Each verified entry, in order.
  void Add(const PreparedEntry& prepared);
  // After the last entry: what is wrong, at most `limit` failures. Reads the index once, and both again where they
  // differ. `log` must hold the entries that were added.
  Result<std::vector<VerifyFailure>> Finish(const LogDb& log, size_t limit);

  uint64_t keys() const { return keys_; }

 private:
  using FullKey = std::tuple<Table, std::string, std::string>;
  uint64_t Hash(Table table, std::string_view key, std::string_view value) const;
  Status ReadIndex(const std::function<void(Table, std::string_view key, std::string_view value)>& visit,
                   std::vector<VerifyFailure>& malformed) const;

  const IndexReader& index_;
  std::array<uint64_t, 2> hash_key_{};
  IndexBuilder builder_{nullptr};
  TreeBuilder tree_;
  std::vector<IndexPut> puts_;      // scratch
  std::vector<uint64_t> expected_;  // sums by run of seqs
  std::vector<VerifyFailure> failures_;
  uint64_t keys_ = 0;
};

}  // namespace envledger
