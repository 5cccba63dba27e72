// Builds entries, checks them as their readers will, hashes them, and links them to the end of the chain.
//
// This is the gate: everything that is sealed while the ledger runs passes through it, and an entry that a reader would
// refuse goes no further (codec/entry.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/sealing/chain_end.h"

namespace envledger {

// Consecutive entries that will be written together.
struct SealedEntries {
  uint64_t first_seq = 0;
  std::string bytes;         // the entries, concatenated
  std::vector<size_t> ends;  // the end offset of each entry
  Frontier before_last;      // the tree without the last of these entries
  Hash last_leaf_hash{};
  Nanos last_recorded_at = 0;

  size_t entries() const { return ends.size(); }
  std::string_view Entry(size_t index) const {
    const size_t begin = index == 0 ? 0 : ends[index - 1];
    return std::string_view(bytes).substr(begin, ends[index] - begin);
  }
};

// Not thread-safe. Add, Keep and TakeBack must get the same `sealed` until Keep or TakeBack has returned.
class ChainWriter {
 public:
  explicit ChainWriter(ChainEnd end) : end_(std::move(end)) {}

  // The seq of the next entry that Add takes.
  uint64_t next_seq() const { return end_.frontier.size() + added_.size(); }
  // The size of the chain, counting only entries that were kept.
  uint64_t size() const { return end_.frontier.size(); }
  const Hash& last_leaf_hash() const { return end_.last_leaf_hash; }
  Nanos last_recorded_at() const { return end_.last_recorded_at; }

  // Adds an entry and returns its leaf hash. The seq and the previous hash in `header` are filled in here; its time
  // must not be before the last entry's. On an error (see EntryBuilder::Build) nothing is added.
  Result<Hash> Add(EntryHeader header, const CheckedTransition& transition, SealedEntries& sealed);
  Result<Hash> Add(EntryHeader header, const LedgerEvent& event, SealedEntries& sealed);

  // Makes the entries added since the last Keep or TakeBack part of the chain.
  void Keep(SealedEntries& sealed);
  // Removes the entries added since the last Keep or TakeBack.
  void TakeBack(SealedEntries& sealed);

 private:
  void PlaceNext(EntryHeader& header) const;
  Hash Put(const EntryHeader& header, std::string_view entry, SealedEntries& sealed);

  EntryBuilder builder_;
  ChainEnd end_;
  // Leaf hashes of the entries added but not kept yet, and the time of the last one.
  std::vector<Hash> added_;
  Nanos added_at_ = 0;
};

}  // namespace envledger
