// The Merkle tree of RFC 6962 section 2.1, and its proofs: pure functions over hashes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"

namespace envledger {

Hash LeafHash(std::string_view entry);               // SHA-256(0x00 || entry)
Hash NodeHash(const Hash& left, const Hash& right);  // SHA-256(0x01 || left || right)
Hash EmptyRoot();                                    // SHA-256 of nothing

// Receives a complete subtree of 2^level leaves: its index at that level (0 is leftmost), its hash.
using SubtreeVisitor = std::function<void(unsigned level, uint64_t index, const Hash& hash)>;

// The right edge of a growing tree: one hash for each set bit of its size, from the largest subtree to the smallest (a
// "compact range" from 0). Appending and the root cost O(log size). A value type; not thread-safe.
class Frontier {
 public:
  Frontier() = default;  // the empty tree
  // From its size and hashes. kInvalidArgument when the number of hashes is not the number of set bits of `size`.
  static Result<Frontier> From(uint64_t size, std::vector<Hash> hashes);

  // The concatenated hashes. The log keeps them beside a checkpoint, for the tree without its last leaf.
  std::string Encode() const;
  // Decodes the right edge of a tree of size-1 leaves, and proves it: with `last_leaf` added, the tree must have this
  // root. kCorruption otherwise. REQUIRES: size > 0.
  static Result<Frontier> DecodeProven(std::string_view bytes, uint64_t size, const Hash& last_leaf, const Hash& root);

  void Append(const Hash& leaf_hash);
  // The same, and calls `visit` for every complete subtree that ends in this leaf, from the leaf itself (level 0) up.
  void Append(const Hash& leaf_hash, const SubtreeVisitor& visit);
  uint64_t size() const { return size_; }
  const std::vector<Hash>& hashes() const { return hashes_; }
  Hash Root() const;  // MTH of RFC 6962 section 2.1

 private:
  uint64_t size_ = 0;
  std::vector<Hash> hashes_;
};

// A proof is its hashes in the order of RFC 6962: from the leaf (from the smallest common subtree) towards the root.
using Proof = std::vector<Hash>;

// The hash of the complete subtree of 2^level leaves with the given index at that level (index 0 is leftmost).
using SubtreeReader = std::function<Result<Hash>(unsigned level, uint64_t index)>;

// MTH(D[size]) from subtree hashes: one read for each set bit of the size. Errors of `read` are passed on.
Result<Hash> RootAt(uint64_t size, const SubtreeReader& read);

// PATH(index, D[size]) of RFC 6962 section 2.1.1 from subtree hashes: O(log size) reads, and O(log size) more for the
// ragged right edge. kInvalidArgument unless index < size. Errors of `read` are passed on.
Result<Proof> InclusionProof(uint64_t index, uint64_t size, const SubtreeReader& read);
// PROOF(old_size, D[new_size]) of section 2.1.2; empty for equal sizes. kInvalidArgument unless 0 < old_size <=
// new_size.
Result<Proof> ConsistencyProof(uint64_t old_size, uint64_t new_size, const SubtreeReader& read);

// RFC 9162 section 2.1.3.2. kCorruption, saying why, when the proof does not lead from the leaf to the root;
// kInvalidArgument unless index < size.
Status VerifyInclusion(uint64_t index, uint64_t size, const Hash& leaf_hash, const Proof& proof, const Hash& root);
// RFC 9162 section 2.1.4.2. kInvalidArgument unless 0 < old_size <= new_size.
Status VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size, const Hash& new_root,
                         const Proof& proof);

}  // namespace envledger
