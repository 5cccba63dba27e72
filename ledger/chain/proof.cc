// Making proofs: RFC 6962 defines PATH and PROOF by walking down from the root. Each step goes into the half that holds
// the leaf (the end of the old tree), and the root of the other half is the next hash, in reverse order. Here the walk
// is a loop. Every half left behind is a complete subtree, which the reader has, except the one at the ragged right
// edge of the tree, which is computed from complete ones. Below that half, everything is complete.
//
// Checking proofs: the algorithms of RFC 9162, which walk up instead. `position` and `last` are the indexes, at the
// level reached so far, of the node that is being recomputed and of the last node of the tree. Where both are the same
// even index, the node has no sibling and is carried up unchanged.
#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "ledger/chain/tree.h"

namespace envledger {
namespace {

// Leaves [begin, begin + count) of the tree, as they occur in the walk: begin is a multiple of the smallest power of
// two that is not below count.
struct Range {
  uint64_t begin = 0;
  uint64_t count = 0;
};

// The largest power of two below count: where RFC 6962 splits. REQUIRES: count > 1.
uint64_t SplitPoint(uint64_t count) { return std::bit_floor(count - 1); }

Range LeftHalf(Range range) { return {range.begin, SplitPoint(range.count)}; }
Range RightHalf(Range range) {
  const uint64_t split = SplitPoint(range.count);
  return {range.begin + split, range.count - split};
}

// MTH of the range. At most one read for each bit of its size, and one node hash fewer than reads.
Result<Hash> RootOf(Range range, const SubtreeReader& read) {
  std::vector<Hash> complete;  // from left to right
  for (;;) {
    const uint64_t size = std::bit_floor(range.count);
    const auto level = static_cast<unsigned>(std::countr_zero(size));
    ENVLEDGER_ASSIGN_OR_RETURN(const Hash hash, read(level, range.begin >> level));
    complete.push_back(hash);
    if (size == range.count) break;
    range = {range.begin + size, range.count - size};
  }
  Hash root = complete.back();
  for (size_t i = complete.size() - 1; i > 0; --i) root = NodeHash(complete[i - 1], root);
  return root;
}

Status CheckIndex(uint64_t index, uint64_t size) {
  if (index < size) return Ok();
  return InvalidArgument("a tree of " + std::to_string(size) + " leaves has no leaf " + std::to_string(index));
}

Status CheckSizes(uint64_t old_size, uint64_t new_size) {
  if (old_size > 0 && old_size <= new_size) return Ok();
  return InvalidArgument("consistency is between a tree with leaves and one of the same size or larger, not between " +
                         std::to_string(old_size) + " and " + std::to_string(new_size) + " leaves");
}

Status Refuse(const std::string& why) { return Corruption("the proof does not hold: " + why); }

// Climbs from a leaf to the root, by one level or more for each hash of a proof.
class Climb {
 public:
  Climb(uint64_t position, uint64_t last) : position_(position), last_(last) {}
  bool at_root() const { return last_ == 0; }
  // Skips the levels on which the node is a right child, for which the proof has no hash.
  void SkipRightChildren() {
    while ((position_ & 1) != 0) Up();
  }
  // Climbs past the level of the proof's next hash; true when that hash is a left sibling. REQUIRES: !at_root().
  bool StepPastSibling() {
    const bool sibling_is_left = (position_ & 1) != 0 || position_ == last_;
    if (sibling_is_left) {
      while ((position_ & 1) == 0 && position_ != 0) Up();
    }
    Up();
    return sibling_is_left;
  }

 private:
  void Up() {
    position_ >>= 1;
    last_ >>= 1;
  }

  uint64_t position_;
  uint64_t last_;
};

}  // namespace

Result<Hash> RootAt(uint64_t size, const SubtreeReader& read) {
  if (size == 0) return EmptyRoot();
  return RootOf({0, size}, read);
}

Result<Proof> InclusionProof(uint64_t index, uint64_t size, const SubtreeReader& read) {
  ENVLEDGER_RETURN_IF_ERROR(CheckIndex(index, size));
  Proof proof;
  for (Range range{0, size}; range.count > 1;) {
    const Range left = LeftHalf(range);
    const Range right = RightHalf(range);
    const bool goes_left = index < right.begin;
    ENVLEDGER_ASSIGN_OR_RETURN(const Hash sibling, RootOf(goes_left ? right : left, read));
    proof.push_back(sibling);
    range = goes_left ? left : right;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Result<Proof> ConsistencyProof(uint64_t old_size, uint64_t new_size, const SubtreeReader& read) {
  ENVLEDGER_RETURN_IF_ERROR(CheckSizes(old_size, new_size));
  Proof proof;
  Range range{0, new_size};
  while (range.begin + range.count != old_size) {
    const Range left = LeftHalf(range);
    const Range right = RightHalf(range);
    const bool goes_left = old_size <= right.begin;
    ENVLEDGER_ASSIGN_OR_RETURN(const Hash sibling, RootOf(goes_left ? right : left, read));
    proof.push_back(sibling);
    range = goes_left ? left : right;
  }
  if (range.begin != 0) {  // otherwise it is the old tree itself, and the verifier has its root
    ENVLEDGER_ASSIGN_OR_RETURN(const Hash common, RootOf(range, read));
    proof.push_back(common);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

Status VerifyInclusion(uint64_t index, uint64_t size, const Hash& leaf_hash, const Proof& proof, const Hash& root) {
  ENVLEDGER_RETURN_IF_ERROR(CheckIndex(index, size));
  Climb climb(index, size - 1);
  Hash hash = leaf_hash;
  for (const Hash& sibling : proof) {
    if (climb.at_root()) return Refuse("it has more hashes than the tree has levels");
    hash = climb.StepPastSibling() ? NodeHash(sibling, hash) : NodeHash(hash, sibling);
  }
  if (!climb.at_root()) return Refuse("it has fewer hashes than the tree has levels");
  if (hash != root) return Refuse("it leads from leaf " + std::to_string(index) + " to another root");
  return Ok();
}

Status VerifyConsistency(uint64_t old_size, const Hash& old_root, uint64_t new_size, const Hash& new_root,
                         const Proof& proof) {
  ENVLEDGER_RETURN_IF_ERROR(CheckSizes(old_size, new_size));
  if (old_size == new_size) {
    if (!proof.empty()) return Refuse("between trees of the same size it must be empty");
    return old_root == new_root ? Ok() : Refuse("two trees of the same size have different roots");
  }
  if (proof.empty()) return Refuse("between trees of different sizes it cannot be empty");
  Climb climb(old_size - 1, new_size - 1);
  climb.SkipRightChildren();
  // If the old tree is one complete subtree, the climb starts there; otherwise the first hash says where it starts.
  const bool starts_at_old_root = std::has_single_bit(old_size);
  Hash old_hash = starts_at_old_root ? old_root : proof.front();
  Hash new_hash = old_hash;
  for (auto sibling = proof.begin() + (starts_at_old_root ? 0 : 1); sibling != proof.end(); ++sibling) {
    if (climb.at_root()) return Refuse("it has more hashes than the tree has levels");
    if (climb.StepPastSibling()) {
      old_hash = NodeHash(*sibling, old_hash);
      new_hash = NodeHash(*sibling, new_hash);
    } else {
      new_hash = NodeHash(new_hash, *sibling);
    }
  }
  if (!climb.at_root()) return Refuse("it has fewer hashes than the tree has levels");
  if (old_hash != old_root)
    return Refuse("it does not lead to the root of the " + std::to_string(old_size) + " leaves");
  if (new_hash != new_root)
    return Refuse("it does not lead to the root of the " + std::to_string(new_size) + " leaves");
  return Ok();
}

}  // namespace envledger
