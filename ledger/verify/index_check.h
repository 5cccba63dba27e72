// Compares an index with the log that it was made from, in both directions, without holding either. Private to this
// room.
//
// Every index key is written once and names its seq. So for each run of seqs, the keys that the log gives and the keys
// that the index holds are two sets. Their keyed hashes are added up; equal sums mean equal sets, and because the hash
// key is random, a difference cannot be crafted to cancel out. Only runs whose sums differ are compared key by key.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

#include "ledger/base/siphash.h"
#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/tree_index.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

// Keeps the first failures by seq, out of any number.
class FirstFailures {
 public:
  void Add(VerifyFailure failure);
  void Add(FirstFailures others);
  // At most `limit`, in order. REQUIRES: limit <= VerifyReport::kMaxFailures.
  std::vector<VerifyFailure> Take(size_t limit);

 private:
  void Cut(size_t limit);
  std::vector<VerifyFailure> failures_;  // fewer than twice as many as are kept
};

class IndexCheck {
 public:
  // Begins to read the index, which is not owned, on a thread of its own. Entries from the watermark on are not
  // expected in it.
  explicit IndexCheck(const IndexReader& index);
  ~IndexCheck();

  // What the entry's own keys (AppendOwnKeys) add to the sums. Thread-safe.
  uint64_t Digest(const PreparedEntry& prepared) const;
  // Adds each verified entry, in order, with its Digest. For one thread.
  void Add(const PreparedEntry& prepared, uint64_t digest);
  // Called after the last entry. Returns what is wrong, at most `limit` failures. Where index and log differ, both are
  // read again, so `log` must hold the entries that were added. An index that cannot be read to its end is one more
  // failure, which names the damaged file; then even the readable part is not compared. An error means that the log
  // cannot be read again.
  Result<std::vector<VerifyFailure>> Finish(const LogDb& log, size_t limit);

  // How many keys the index holds; valid after Finish.
  uint64_t keys() const { return keys_; }

 private:
  using FullKey = std::tuple<Table, std::string, std::string>;
  uint64_t RunOf(uint64_t seq) const;
  uint64_t Hash(Table table, std::string_view key, std::string_view value) const;
  Status ReadIndex(const std::function<void(Table, std::string_view key, std::string_view value)>& visit,
                   FirstFailures& malformed) const;
  Status CompareKeys(const LogDb& log, std::set<uint64_t> bad);

  const IndexReader& index_;
  const SipKey hash_key_ = RandomSipKey();
  IndexBuilder builder_{nullptr, IndexBuilder::Links::kAsTheyStand};
  TreeBuilder tree_;
  std::vector<IndexPut> puts_;      // reused between calls
  std::vector<uint64_t> expected_;  // sums by run of seqs
  FirstFailures failures_;

  // Used by the reading thread until it is joined.
  std::vector<uint64_t> found_;
  FirstFailures malformed_;
  Status read_status_;
  uint64_t keys_ = 0;
  std::atomic<bool> abandoned_ = false;
  std::thread reading_;
};

}  // namespace envledger
