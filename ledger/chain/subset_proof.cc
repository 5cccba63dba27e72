#include "ledger/chain/subset_proof.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <string>

namespace envledger {
namespace {

// The largest power of two below `size`. REQUIRES: size > 1.
uint64_t LeftHalf(uint64_t size) { return std::bit_floor(size - 1); }

Status CheckIndex(std::optional<uint64_t> before, uint64_t index, uint64_t size) {
  if (index >= size) {
    return InvalidArgument("leaf " + std::to_string(index) + " is not in a tree of " + std::to_string(size));
  }
  if (before && index <= *before) {
    return InvalidArgument("leaf " + std::to_string(index) + " does not come after " + std::to_string(*before));
  }
  return Ok();
}

class Prover {
 public:
  Prover(const std::vector<uint64_t>& indexes, const std::function<Result<Proof>(uint64_t)>& inclusion)
      : indexes_(indexes), inclusion_(inclusion) {}

  // The subtree of `size` leaves from `low`, `depth` splits below the root, that holds indexes_[first, last).
  Status Walk(uint64_t low, uint64_t size, size_t depth, size_t first, size_t last) {
    if (size == 1) return Ok();
    const uint64_t half = LeftHalf(size);
    const auto begin = indexes_.begin();
    const auto split = std::lower_bound(begin + static_cast<std::ptrdiff_t>(first),
                                        begin + static_cast<std::ptrdiff_t>(last), low + half);
    const size_t middle = static_cast<size_t>(split - begin);
    if (middle == first) {
      ENVLEDGER_ASSIGN_OR_RETURN(const Hash sibling, Sibling(first, depth));
      nodes_.push_back(sibling);
      return Walk(low + half, size - half, depth + 1, first, last);
    }
    if (middle == last) {
      ENVLEDGER_ASSIGN_OR_RETURN(const Hash sibling, Sibling(first, depth));
      ENVLEDGER_RETURN_IF_ERROR(Walk(low, half, depth + 1, first, last));
      nodes_.push_back(sibling);
      return Ok();
    }
    ENVLEDGER_RETURN_IF_ERROR(Walk(low, half, depth + 1, first, middle));
    return Walk(low + half, size - half, depth + 1, middle, last);
  }

  std::vector<Hash> TakeNodes() { return std::move(nodes_); }

 private:
  // The hash beside the path to a leaf, below the split at `depth`. The walk visits the leaves in order, so the last
  // proof that was fetched is the only one that can be needed again.
  Result<Hash> Sibling(size_t leaf, size_t depth) {
    const uint64_t index = indexes_[leaf];
    if (!proven_ || *proven_ != index) {
      ENVLEDGER_ASSIGN_OR_RETURN(proof_, inclusion_(index));
      proven_ = index;
    }
    if (depth >= proof_.size()) {
      return Corruption("the proof of leaf " + std::to_string(index) + " has only " + std::to_string(proof_.size()) +
                        " hashes");
    }
    return proof_[proof_.size() - 1 - depth];
  }

  const std::vector<uint64_t>& indexes_;
  const std::function<Result<Proof>(uint64_t)>& inclusion_;
  std::optional<uint64_t> proven_;
  Proof proof_;
  std::vector<Hash> nodes_;
};

class Folder {
 public:
  Folder(const std::vector<std::pair<uint64_t, Hash>>& leaves, const std::vector<Hash>& nodes)
      : leaves_(leaves), nodes_(nodes) {}

  Result<Hash> Root(uint64_t low, uint64_t size) {
    const bool holds_leaf = next_leaf_ < leaves_.size() && leaves_[next_leaf_].first < low + size;
    if (!holds_leaf) {
      if (next_node_ == nodes_.size()) return Corruption("the proof has too few nodes");
      return nodes_[next_node_++];
    }
    if (size == 1) return leaves_[next_leaf_++].second;
    const uint64_t half = LeftHalf(size);
    ENVLEDGER_ASSIGN_OR_RETURN(const Hash left, Root(low, half));
    ENVLEDGER_ASSIGN_OR_RETURN(const Hash right, Root(low + half, size - half));
    return NodeHash(left, right);
  }
  bool used_all_nodes() const { return next_node_ == nodes_.size(); }

 private:
  const std::vector<std::pair<uint64_t, Hash>>& leaves_;
  const std::vector<Hash>& nodes_;
  size_t next_leaf_ = 0;
  size_t next_node_ = 0;
};

}  // namespace

Result<std::vector<Hash>> SubsetProof(const std::vector<uint64_t>& indexes, uint64_t size,
                                      const std::function<Result<Proof>(uint64_t index)>& inclusion) {
  if (indexes.empty()) return InvalidArgument("no leaves to prove");
  std::optional<uint64_t> before;
  for (const uint64_t index : indexes) {
    ENVLEDGER_RETURN_IF_ERROR(CheckIndex(before, index, size));
    before = index;
  }
  Prover prover(indexes, inclusion);
  ENVLEDGER_RETURN_IF_ERROR(prover.Walk(0, size, 0, 0, indexes.size()));
  return prover.TakeNodes();
}

Result<Hash> SubsetRoot(const std::vector<std::pair<uint64_t, Hash>>& leaves, uint64_t size,
                        const std::vector<Hash>& nodes) {
  if (leaves.empty()) return InvalidArgument("no leaves to prove");
  std::optional<uint64_t> before;
  for (const auto& [index, hash] : leaves) {
    ENVLEDGER_RETURN_IF_ERROR(CheckIndex(before, index, size));
    before = index;
  }
  Folder folder(leaves, nodes);
  ENVLEDGER_ASSIGN_OR_RETURN(const Hash root, folder.Root(0, size));
  if (!folder.used_all_nodes()) return Corruption("the proof has more nodes than it needs");
  return root;
}

}  // namespace envledger
