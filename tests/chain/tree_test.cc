#include "ledger/chain/tree.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

#include "ledger/crypto/sha256.h"
#include "tests/chain/naive_tree.h"

namespace envledger {
namespace {

constexpr size_t kSizes = 300;

TEST(TreeTest, LeavesAndNodesAreHashedUnderDifferentPrefixes) {
  const Hash left = Sha256("left");
  const Hash right = Sha256("right");
  const std::string pair = std::string(View(left)) + std::string(View(right));
  EXPECT_EQ(LeafHash("entry"), Sha256(std::string("\x00", 1) + "entry"));
  EXPECT_EQ(LeafHash(""), Sha256(std::string("\x00", 1)));
  EXPECT_EQ(NodeHash(left, right), Sha256("\x01" + pair));
  EXPECT_NE(NodeHash(left, right), LeafHash(pair));
  EXPECT_NE(NodeHash(left, right), NodeHash(right, left));
}

TEST(TreeTest, TheEmptyTreeHasTheHashOfNothing) {
  EXPECT_EQ(EmptyRoot(), Sha256(""));
  EXPECT_EQ(Frontier().Root(), EmptyRoot());
  EXPECT_EQ(Frontier().size(), 0u);
}

TEST(TreeTest, AGrowingFrontierHasTheRootOfEverySize) {
  const NaiveTree tree(kSizes);
  Frontier frontier;
  for (size_t i = 0; i < kSizes; ++i) {
    frontier.Append(LeafHash(tree.entry(i)));
    ASSERT_EQ(frontier.size(), i + 1);
    ASSERT_EQ(frontier.Root(), tree.Root(i + 1)) << i + 1 << " leaves";
  }
}

TEST(TreeTest, AFrontierHoldsTheCompleteSubtreesFromLargestToSmallest) {
  const NaiveTree tree(kSizes);
  Frontier frontier;
  for (size_t size = 1; size <= kSizes; ++size) {
    frontier.Append(tree.leaf_hash(size - 1));
    std::vector<Hash> expected;
    size_t begin = 0;
    for (size_t width = std::bit_floor(size); width > 0; width /= 2) {
      if ((size & width) == 0) continue;
      expected.push_back(tree.Mth(begin, begin + width));
      begin += width;
    }
    ASSERT_EQ(frontier.hashes(), expected) << size << " leaves";
  }
}

TEST(TreeTest, AGrowingFrontierShowsEachCompleteSubtreeOnceWithItsLastLeaf) {
  const NaiveTree tree(kSizes);
  Frontier frontier;
  Frontier silent;
  size_t shown = 0;
  for (size_t i = 0; i < kSizes; ++i) {
    unsigned next = 0;
    frontier.Append(tree.leaf_hash(i), [&](unsigned level, uint64_t index, const Hash& hash) {
      ASSERT_EQ(level, next++) << "from the leaf up";
      ASSERT_EQ((index + 1) << level, i + 1) << "the leaf is its last";
      ASSERT_EQ(hash, tree.Mth(index << level, (index + 1) << level));
      ++shown;
    });
    silent.Append(tree.leaf_hash(i));
    ASSERT_EQ(frontier.hashes(), silent.hashes());
    ASSERT_EQ(frontier.size(), i + 1);
  }
  size_t complete = 0;
  for (size_t width = 1; width <= kSizes; width *= 2) complete += kSizes / width;
  EXPECT_EQ(shown, complete);
}

TEST(TreeTest, AFrontierRestoredFromItsPartsGrowsOnAsBefore) {
  const NaiveTree tree(70);
  Frontier frontier;
  for (size_t size = 0; size < 70; ++size) {
    Result<Frontier> restored = Frontier::From(frontier.size(), frontier.hashes());
    ASSERT_TRUE(restored.ok()) << restored.status().ToString();
    EXPECT_EQ(restored->Root(), tree.Root(size));
    restored->Append(tree.leaf_hash(size));
    EXPECT_EQ(restored->Root(), tree.Root(size + 1));
    frontier.Append(tree.leaf_hash(size));
  }
}

TEST(TreeTest, AFrontierIsNotMadeFromTheWrongNumberOfHashes) {
  const Hash hash = Sha256("some");
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{6}, uint64_t{7}, ~uint64_t{0}}) {
    const auto right = static_cast<size_t>(std::popcount(size));
    EXPECT_TRUE(Frontier::From(size, std::vector<Hash>(right, hash)).ok()) << size;
    EXPECT_EQ(Frontier::From(size, std::vector<Hash>(right + 1, hash)).status().code(), Code::kInvalidArgument);
    if (right == 0) continue;
    EXPECT_EQ(Frontier::From(size, std::vector<Hash>(right - 1, hash)).status().code(), Code::kInvalidArgument);
  }
}

TEST(StoredFrontier, ComesBackProvenForEverySize) {
  Frontier before;
  for (uint64_t size = 1; size <= 70; ++size) {
    const Hash last = LeafHash(std::to_string(size));
    Frontier whole = before;
    whole.Append(last);
    const auto back = Frontier::DecodeProven(before.Encode(), size, last, whole.Root());
    ASSERT_TRUE(back.ok()) << size << ": " << back.status().ToString();
    EXPECT_EQ(back->hashes(), before.hashes());
    EXPECT_EQ(back->size(), size - 1);
    before = whole;
  }
}

TEST(StoredFrontier, IsRefusedWhereAnythingDiffers) {
  Frontier before;
  for (int i = 0; i < 11; ++i) before.Append(LeafHash(std::to_string(i)));
  const Hash last = LeafHash("last");
  Frontier whole = before;
  whole.Append(last);
  const std::string bytes = before.Encode();
  const auto refused = [&](std::string_view stored, uint64_t size, const Hash& leaf, const Hash& root) {
    return Frontier::DecodeProven(stored, size, leaf, root).status().code();
  };
  ASSERT_EQ(refused(bytes, 12, last, whole.Root()), Code::kOk);
  EXPECT_EQ(refused(bytes, 12, LeafHash("another"), whole.Root()), Code::kCorruption);
  EXPECT_EQ(refused(bytes, 12, last, before.Root()), Code::kCorruption);
  EXPECT_EQ(refused(bytes, 13, last, whole.Root()), Code::kCorruption);
  EXPECT_EQ(refused(bytes, 1, last, whole.Root()), Code::kCorruption);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(refused(bytes.substr(0, size), 12, last, whole.Root()), Code::kCorruption) << size;
  }
  for (size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_EQ(refused(changed, 12, last, whole.Root()), Code::kCorruption) << at;
  }
  EXPECT_EQ(refused(bytes + "x", 12, last, whole.Root()), Code::kCorruption);
}

}  // namespace
}  // namespace envledger
