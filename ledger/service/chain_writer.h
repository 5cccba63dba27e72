// The growing end of the chain: entries are built, checked as their readers will check them, hashed, and chained.
//
// This is the gate. Whatever is sealed while the ledger runs comes through here, and an entry that a reader would
// refuse is not handed on (codec/entry.h).
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
#include "ledger/service/chain_end.h"

namespace envledger {

// Entries that follow one another, on their way to one write.
struct SealedEntries {
  uint64_t first_seq = 0;
  std::string bytes;         // the entries, one behind the other
  std::vector<size_t> ends;  // where each of them ends
  Frontier before_last;      // of the tree without the last of these entries
  Hash last_leaf_hash{};
  Nanos last_recorded_at = 0;

  size_t entries() const { return ends.size(); }
  std::string_view Entry(size_t index) const {
    const size_t begin = index == 0 ? 0 : ends[index - 1];
    return std::string_view(bytes).substr(begin, ends[index] - begin);
  }
};

// For one thread. Entries are added to `sealed`, always the same one between two calls of Keep or TakeBack.
class ChainWriter {
 public:
  explicit ChainWriter(ChainEnd end) : end_(std::move(end)) {}

  // Of the entry that is added next.
  uint64_t next_seq() const { return end_.frontier.size() + added_.size(); }
  // Of what is kept.
  uint64_t size() const { return end_.frontier.size(); }
  const Hash& last_leaf_hash() const { return end_.last_leaf_hash; }
  Nanos last_recorded_at() const { return end_.last_recorded_at; }

  // Adds an entry, and returns its leaf hash. Of `header` the seq and the previous hash are filled in here; its time is
  // not before the last one's. Not ok, as EntryBuilder::Build, adds nothing.
  Result<Hash> Add(EntryHeader header, const CheckedTransition& transition, SealedEntries& sealed);
  Result<Hash> Add(EntryHeader header, const LedgerEvent& event, SealedEntries& sealed);

  // What was added since becomes part of the chain,
  void Keep(SealedEntries& sealed);
  // or leaves no trace.
  void TakeBack(SealedEntries& sealed);

 private:
  void PlaceNext(EntryHeader& header) const;
  Hash Put(const EntryHeader& header, std::string_view entry, SealedEntries& sealed);

  EntryBuilder builder_;
  ChainEnd end_;
  // Of what was added since: the leaf hashes, and the last one's time.
  std::vector<Hash> added_;
  Nanos added_at_ = 0;
};

}  // namespace envledger
