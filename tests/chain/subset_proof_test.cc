#include "ledger/chain/subset_proof.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

namespace envledger {
namespace {

Hash Leaf(uint64_t index) { return LeafHash("entry " + std::to_string(index)); }

Result<Hash> Subtree(unsigned level, uint64_t index) {
  Frontier frontier;
  for (uint64_t leaf = index << level; leaf < (index + 1) << level; ++leaf) frontier.Append(Leaf(leaf));
  return frontier.Root();
}

Hash RootOf(uint64_t size) {
  Frontier frontier;
  for (uint64_t leaf = 0; leaf < size; ++leaf) frontier.Append(Leaf(leaf));
  return frontier.Root();
}

std::vector<std::pair<uint64_t, Hash>> LeavesOf(const std::vector<uint64_t>& indexes) {
  std::vector<std::pair<uint64_t, Hash>> leaves;
  for (const uint64_t index : indexes) leaves.emplace_back(index, Leaf(index));
  return leaves;
}

std::vector<Hash> ProofOf(const std::vector<uint64_t>& indexes, uint64_t size) {
  auto nodes = SubsetProof(indexes, size, [size](uint64_t index) { return InclusionProof(index, size, Subtree); });
  EXPECT_TRUE(nodes.ok()) << nodes.status().ToString();
  return nodes.ok() ? *nodes : std::vector<Hash>{};
}

TEST(SubsetProof, OfEverySubsetOfEverySmallTreeGivesTheRoot) {
  for (uint64_t size = 1; size <= 9; ++size) {
    for (uint64_t mask = 1; mask < uint64_t{1} << size; ++mask) {
      std::vector<uint64_t> indexes;
      for (uint64_t i = 0; i < size; ++i) {
        if ((mask >> i & 1) != 0) indexes.push_back(i);
      }
      const std::vector<Hash> nodes = ProofOf(indexes, size);
      const auto root = SubsetRoot(LeavesOf(indexes), size, nodes);
      ASSERT_TRUE(root.ok()) << size << " " << mask << root.status().ToString();
      EXPECT_EQ(*root, RootOf(size)) << size << " " << mask;
    }
  }
}

TEST(SubsetProof, OfAllLeavesNeedsNoNodeAndOfOneThoseOfItsInclusionProof) {
  EXPECT_TRUE(ProofOf({0, 1, 2, 3, 4, 5, 6}, 7).empty());
  EXPECT_EQ(ProofOf({3}, 7).size(), InclusionProof(3, 7, Subtree)->size());
}

TEST(SubsetProof, AsksForEachProofAtMostOnce) {
  std::vector<uint64_t> asked;
  const std::vector<uint64_t> indexes = {2, 3, 40, 41, 42, 90};
  ASSERT_TRUE(SubsetProof(indexes, 100, [&](uint64_t index) {
                asked.push_back(index);
                return InclusionProof(index, 100, Subtree);
              }).ok());
  EXPECT_TRUE(std::adjacent_find(asked.begin(), asked.end(), std::greater_equal<>()) == asked.end());
}

TEST(SubsetProof, AChangedLeafOrNodeOrPlaceGivesAnotherRoot) {
  const std::vector<uint64_t> indexes = {1, 5, 6};
  const std::vector<Hash> nodes = ProofOf(indexes, 11);
  for (size_t i = 0; i < nodes.size(); ++i) {
    std::vector<Hash> changed = nodes;
    changed[i][7] ^= 1;
    EXPECT_NE(*SubsetRoot(LeavesOf(indexes), 11, changed), RootOf(11));
  }
  auto leaves = LeavesOf(indexes);
  leaves[1].second[0] ^= 1;
  EXPECT_NE(*SubsetRoot(leaves, 11, nodes), RootOf(11));
  leaves = LeavesOf(indexes);
  leaves[0].first = 0;
  EXPECT_NE(*SubsetRoot(leaves, 11, nodes), RootOf(11));
}

TEST(SubsetProof, TooManyOrTooFewNodesAndWrongIndexesAreRefused) {
  std::vector<Hash> nodes = ProofOf({1, 5}, 11);
  nodes.push_back(nodes.front());
  EXPECT_EQ(SubsetRoot(LeavesOf({1, 5}), 11, nodes).status().code(), Code::kCorruption);
  nodes.resize(nodes.size() - 2);
  EXPECT_EQ(SubsetRoot(LeavesOf({1, 5}), 11, nodes).status().code(), Code::kCorruption);
  EXPECT_EQ(SubsetRoot(LeavesOf({5, 5}), 11, nodes).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(SubsetRoot(LeavesOf({11}), 11, nodes).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(SubsetRoot({}, 11, nodes).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(SubsetProof({3, 2}, 11, nullptr).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(SubsetProof({2}, 11, [](uint64_t) { return Result<Proof>(Proof{}); }).status().code(), Code::kCorruption);
}

}  // namespace
}  // namespace envledger
