// The tree in the index: its keys, and the subtrees and proofs read from them, against RFC 6962 word for word.
#include "ledger/index/tree_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <set>
#include <string>
#include <vector>

#include "tests/chain/naive_tree.h"
#include "tests/support/counting_reader.h"
#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr size_t kSizes = 300;

std::vector<IndexPut> KeysOf(const NaiveTree& tree, uint64_t size) {
  std::vector<IndexPut> puts;
  TreeBuilder builder;
  for (uint64_t i = 0; i < size; ++i) builder.Add(tree.leaf_hash(i), puts);
  return puts;
}

std::unique_ptr<IndexReader> ReaderOf(std::vector<IndexPut> puts, uint64_t size) {
  return MemoryReader(std::move(puts), size);
}

bool Same(const IndexPut& a, const IndexPut& b) { return a.table == b.table && a.key == b.key && a.value == b.value; }

TEST(TreeIndexTest, KeysAreTheSubtreesOfEveryFourthLevelWithTheSeqThatCompletesThem) {
  const NaiveTree tree(kSizes);
  std::vector<IndexPut> puts;
  TreeBuilder builder;
  std::set<std::string> keys;
  for (uint64_t seq = 0; seq < kSizes; ++seq) {
    puts.clear();
    builder.Add(tree.leaf_hash(seq), puts);
    for (const IndexPut& put : puts) {
      EXPECT_EQ(put.table, Table::kTree);
      EXPECT_TRUE(keys.insert(put.key).second) << "written twice";
      EXPECT_EQ(*LastLeafOf(put.key, put.value), seq);
    }
  }
  const auto all = ReaderOf(KeysOf(tree, kSizes), kSizes);
  size_t expected = 0;
  for (const unsigned level : {0u, 4u, 8u}) {
    for (uint64_t index = 0; (index + 1) << level <= kSizes; ++index, ++expected) {
      EXPECT_EQ(*all->Get(Table::kTree, TreeKey(level, index)), View(tree.Mth(index << level, (index + 1) << level)));
    }
  }
  EXPECT_EQ(keys.size(), expected);
}

TEST(TreeIndexTest, MalformedKeysAndHashesAreCorruption) {
  const std::string hash(32, 'h');
  EXPECT_EQ(*LastLeafOf(TreeKey(0, 7), hash), 7u);
  EXPECT_EQ(*LastLeafOf(TreeKey(8, 1), hash), 511u);
  EXPECT_EQ(*LastLeafOf(TreeKey(60, 15), hash), UINT64_MAX);
  EXPECT_EQ(LastLeafOf(TreeKey(60, 16), hash).status().code(), Code::kCorruption);
  EXPECT_EQ(LastLeafOf(TreeKey(64, 0), hash).status().code(), Code::kCorruption);
  EXPECT_EQ(LastLeafOf(TreeKey(2, 0), hash).status().code(), Code::kCorruption);
  EXPECT_EQ(LastLeafOf(TreeKey(0, 7) + "x", hash).status().code(), Code::kCorruption);
  EXPECT_EQ(LastLeafOf(TreeKey(0, 7).substr(1), hash).status().code(), Code::kCorruption);
  EXPECT_EQ(LastLeafOf(TreeKey(0, 7), hash.substr(1)).status().code(), Code::kCorruption);
  EXPECT_EQ(LastLeafOf("", "").status().code(), Code::kCorruption);
}

TEST(TreeIndexTest, ReadsEveryCompleteSubtreeAndNoOther) {
  const NaiveTree tree(kSizes);
  const auto index = ReaderOf(KeysOf(tree, kSizes), kSizes);
  for (uint64_t size = 0; size <= kSizes; ++size) {
    TreeReader reader(*index, size);
    for (unsigned level = 0; level < 10; ++level) {
      const uint64_t complete = size >> level;
      for (uint64_t i = 0; i < complete; ++i) {
        ASSERT_EQ(*reader.Subtree(level, i), tree.Mth(i << level, (i + 1) << level)) << size << " " << level;
      }
      EXPECT_EQ(reader.Subtree(level, complete).status().code(), Code::kInternal);
    }
  }
  TreeReader reader(*index, kSizes);
  EXPECT_EQ(reader.Subtree(63, 1).status().code(), Code::kInternal);
  EXPECT_EQ(reader.Subtree(64, 0).status().code(), Code::kInternal);
}

TEST(TreeIndexTest, ProofsOfEverySizeAreThoseOfTheStandard) {
  const NaiveTree tree(kSizes);
  const auto index = ReaderOf(KeysOf(tree, kSizes), kSizes);
  for (uint64_t size = 1; size <= kSizes; ++size) {
    TreeReader reader(*index, kSizes);
    ASSERT_EQ(*RootAt(size, reader.Subtrees()), tree.Root(size));
    ASSERT_EQ(*ProvenRootAt(reader, size, tree.Root(kSizes)), tree.Root(size));
    for (uint64_t i = 0; i < size; ++i) {
      ASSERT_EQ(*InclusionProof(i, size, reader.Subtrees()), tree.Path(i, size)) << i << " in " << size;
      ASSERT_EQ(*ConsistencyProof(i + 1, size, reader.Subtrees()), tree.Consistency(i + 1, size)) << i + 1 << size;
    }
  }
}

TEST(TreeIndexTest, ProofsAroundTheEdgesOfRowsAreThoseOfTheStandard) {
  constexpr uint64_t kMany = 65'540;
  const NaiveTree tree(kMany);
  const auto index = ReaderOf(KeysOf(tree, kMany), kMany);
  std::vector<uint64_t> sizes;
  for (const uint64_t edge : {16u, 256u, 4096u, 65'536u}) {
    for (uint64_t size = edge - 2; size <= edge + 2; ++size) sizes.push_back(size);
  }
  TreeReader reader(*index, kMany);
  for (const uint64_t size : sizes) {
    ASSERT_EQ(*ProvenRootAt(reader, size, tree.Root(kMany)), tree.Root(size)) << size;
    for (const uint64_t i : {uint64_t{0}, uint64_t{1}, size / 2, size / 3, size - 2, size - 1}) {
      ASSERT_EQ(*InclusionProof(i, size, reader.Subtrees()), tree.Path(i, size)) << i << " in " << size;
    }
    for (const uint64_t old : sizes) {
      if (old > size) continue;
      ASSERT_EQ(*ConsistencyProof(old, size, reader.Subtrees()), tree.Consistency(old, size)) << old << " " << size;
    }
  }
}

TEST(TreeIndexTest, ABuilderResumedAtAnyLeafGoesOnAsIfItHadNotStopped) {
  const NaiveTree tree(kSizes + 1);
  std::vector<IndexPut> so_far;
  TreeBuilder straight;
  for (uint64_t size = 0; size <= kSizes; ++size) {
    auto resumed = TreeBuilder::Resume(*ReaderOf(so_far, size));
    ASSERT_TRUE(resumed.ok()) << resumed.status().ToString();
    EXPECT_EQ(resumed->frontier().size(), size);
    EXPECT_EQ(resumed->frontier().hashes(), straight.frontier().hashes());
    std::vector<IndexPut> next;
    std::vector<IndexPut> expected;
    resumed->Add(tree.leaf_hash(size), next);
    straight.Add(tree.leaf_hash(size), expected);
    EXPECT_TRUE(std::equal(next.begin(), next.end(), expected.begin(), expected.end(), Same)) << size;
    so_far.insert(so_far.end(), expected.begin(), expected.end());
  }
}

TEST(TreeIndexTest, LeavesReachADatabaseInAnyBatches) {
  constexpr uint64_t kLeaves = 1000;
  const NaiveTree tree(kLeaves);
  const TempDir dir;
  uint64_t batch = 1;
  for (uint64_t from = 0; from < kLeaves; batch = batch * 3 % 97) {
    const auto index = IndexDb::Open(dir.path() + "/index", {});  // again for each batch
    ASSERT_TRUE(index.ok()) << index.status().ToString();
    auto builder = TreeBuilder::Resume(*(*index)->Snapshot());
    ASSERT_TRUE(builder.ok()) << builder.status().ToString();
    ASSERT_EQ(builder->frontier().size(), from);
    std::vector<IndexPut> puts;
    for (uint64_t i = 0; i < batch && from < kLeaves; ++i) builder->Add(tree.leaf_hash(from++), puts);
    ASSERT_TRUE((*index)->Apply(puts, {from, std::string(View(tree.leaf_hash(from - 1)))}).ok());
    ASSERT_TRUE((*index)->Flush().ok());
    EXPECT_EQ(builder->frontier().Root(), tree.Root(from));
  }
  const auto index = IndexDb::OpenReadOnly(dir.path() + "/index", {});
  const auto snapshot = (*index)->Snapshot();
  TreeReader reader(*snapshot, kLeaves);
  EXPECT_EQ(*RootAt(kLeaves, reader.Subtrees()), tree.Root(kLeaves));
  EXPECT_EQ(*InclusionProof(500, 777, reader.Subtrees()), tree.Path(500, 777));
}

// The most reads that any of many proofs takes in a tree of `size`.
uint64_t MostSeeks(const IndexReader& index, uint64_t size, const Hash& root) {
  uint64_t most = 0;
  for (uint64_t i = 0; i < 500; ++i) {
    const uint64_t seq = i * 7919 % size;
    const uint64_t at = seq + 1 + i * 104'729 % (size - seq);
    const CountingReader counting(index);
    TreeReader reader(counting, size);
    EXPECT_TRUE(InclusionProof(seq, at, reader.Subtrees()).ok());
    EXPECT_TRUE(ProvenRootAt(reader, at, root).ok());
    EXPECT_EQ(counting.seeks, reader.rows_read()) << "a row was read twice";
    EXPECT_LE(counting.steps, 16 * counting.seeks);
    most = std::max(most, counting.seeks);
  }
  return most;
}

TEST(TreeIndexTest, AProofReadsAFewRowsForEachFourLevels) {
  constexpr uint64_t kMany = 1 << 17;
  std::vector<IndexPut> puts;
  TreeBuilder builder;
  std::vector<Hash> roots(kMany + 1);
  for (uint64_t i = 0; i < kMany; ++i) {
    builder.Add(LeafHash(U64Key(i)), puts);
    if (std::has_single_bit(i + 1)) roots[i + 1] = builder.frontier().Root();
  }
  const auto index = ReaderOf(std::move(puts), kMany);
  // One row on the way down to the leaf, one at the right edge of each of the two sizes, on each stored level.
  for (unsigned bits = 8; bits <= 17; ++bits) {
    const uint64_t size = uint64_t{1} << bits;
    EXPECT_LE(MostSeeks(*index, size, roots[size]), 3 * (bits / 4 + 1)) << size << " leaves";
  }
}

TEST(TreeIndexTest, WhatIsMissingOrMalformedIsNamed) {
  const NaiveTree tree(kSizes);
  const auto without = [&](unsigned level, uint64_t index, const std::string& value) {
    std::vector<IndexPut> puts = KeysOf(tree, kSizes);
    for (IndexPut& put : puts) {
      if (put.key != TreeKey(level, index)) continue;
      if (value.empty()) put.key = "elsewhere";
      put.value = value;
    }
    const auto reader = ReaderOf(std::move(puts), kSizes);
    TreeReader damaged(*reader, kSizes);
    return damaged.Subtree(level, index).status();
  };
  EXPECT_TRUE(IsIndexDamage(without(0, 290, {})));
  EXPECT_THAT(without(0, 290, {}).message(), HasSubstr("of entry 290"));
  EXPECT_THAT(without(4, 3, {}).message(), HasSubstr("over the entries 48 to 63"));
  EXPECT_THAT(without(8, 0, "short").message(), HasSubstr("over the entries 0 to 255"));
}

TEST(TreeIndexTest, ARootIsReturnedOnlyWhenItLeadsToTheRootThatIsKnown) {
  const NaiveTree tree(kSizes);
  const auto index = ReaderOf(KeysOf(tree, kSizes), kSizes);
  TreeReader reader(*index, kSizes);
  Hash other = tree.Root(kSizes);
  other[31] ^= 1;
  EXPECT_EQ(*ProvenRootAt(reader, 0, other), EmptyRoot());
  for (uint64_t size = 1; size <= kSizes; ++size) {
    ASSERT_TRUE(IsIndexDamage(ProvenRootAt(reader, size, other).status())) << size;
  }
}

}  // namespace
}  // namespace envledger
