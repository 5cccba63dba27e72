// The Merkle tree in the index, from which a proof of any size can be made in O(log n) reads.
//
//   tree   level (u8: 0, 4, 8, ...), index (u64) -> hash (32 bytes) of that complete subtree of 2^level leaves
//
// Integers are big-endian. A key is written once, with the entry that completes its subtree, and never changes, so the
// tree of every earlier size can be read too. Subtrees of the levels in between are computed on demand, from at most 8
// adjacent stored hashes of a row: the 16 children of one stored node.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/chain/tree.h"
#include "ledger/store/index_db.h"

namespace envledger {

inline constexpr unsigned kTreeStep = 4;  // levels between stored ones

// REQUIRES: `level` is a stored one.
std::string TreeKey(unsigned level, uint64_t index);
// The seq of the last leaf below a stored node. kCorruption when the key or the value does not have the form above.
Result<uint64_t> LastLeafOf(std::string_view key, std::string_view value);

// Reads subtrees, each row once. For making one proof or a few, on one thread at a time.
class TreeReader {
 public:
  // The tree of the first `size` leaves. `index` is not owned. REQUIRES: size <= index.watermark().
  TreeReader(const IndexReader& index, uint64_t size) : index_(index), size_(size) {}
  TreeReader(const TreeReader&) = delete;
  TreeReader& operator=(const TreeReader&) = delete;

  uint64_t size() const { return size_; }
  // The hash of the complete subtree (a SubtreeReader). IndexDamage when the index lacks the hashes that it consists
  // of, kInternal when the subtree is not complete at this size.
  Result<Hash> Subtree(unsigned level, uint64_t index);
  // Subtree as a function, which must not outlive the reader.
  SubtreeReader Subtrees();
  // How many rows were read, each by one seek and at most 16 steps.
  uint64_t rows_read() const { return rows_.size(); }

 private:
  using Row = std::vector<Hash>;
  Result<const Row*> ReadRow(unsigned level, uint64_t row);

  const IndexReader& index_;
  const uint64_t size_;
  std::unique_ptr<IndexCursor> cursor_;
  std::map<std::pair<unsigned, uint64_t>, Row> rows_;
};

// The root of the first `size` leaves, proven consistent with `root`, a trusted root of the tree's own size: the result
// is right however wrong the index may be. IndexDamage when the proof fails. REQUIRES: size <= tree.size().
Result<Hash> ProvenRootAt(TreeReader& tree, uint64_t size, const Hash& root);

// Turns leaf hashes, in order, into the tree's keys. A value type; not thread-safe.
class TreeBuilder {
 public:
  TreeBuilder() = default;  // from the first leaf on
  // Continues after the leaves that `index` covers, in O(log n) reads. IndexDamage when it lacks them.
  static Result<TreeBuilder> Resume(const IndexReader& index);

  // Appends to `out` the keys of the subtrees that this leaf completes.
  void Add(const Hash& leaf_hash, std::vector<IndexPut>& out);
  const Frontier& frontier() const { return frontier_; }

 private:
  Frontier frontier_;
};

}  // namespace envledger
