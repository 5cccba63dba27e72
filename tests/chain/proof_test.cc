#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "ledger/chain/tree.h"
#include "ledger/crypto/sha256.h"
#include "tests/chain/naive_tree.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr size_t kInclusionSizes = 300;
constexpr size_t kConsistencySizes = 300;

// Reads complete subtrees of the first `size` leaves only, as a store would have them, and counts.
struct CountingReader {
  const NaiveTree& tree;
  size_t size;
  size_t reads = 0;

  SubtreeReader Function() {
    return [this](unsigned level, uint64_t index) -> Result<Hash> {
      ++reads;
      const uint64_t begin = index << level;
      const uint64_t end = (index + 1) << level;
      if (end > size) return Internal("subtree " + std::to_string(begin) + " is not complete");
      return tree.Mth(begin, end);
    };
  }
};

TEST(ProofTest, InclusionProofsAreThoseOfTheDefinitionAndVerify) {
  const NaiveTree tree(kInclusionSizes);
  for (size_t size = 1; size <= kInclusionSizes; ++size) {
    for (size_t index = 0; index < size; ++index) {
      CountingReader reader{tree, size};
      const Result<Proof> proof = InclusionProof(index, size, reader.Function());
      ASSERT_TRUE(proof.ok()) << proof.status().ToString();
      ASSERT_EQ(*proof, tree.Path(index, size)) << index << " of " << size;
      ASSERT_LE(reader.reads, 2u * std::bit_width(size)) << index << " of " << size;
      const Status verified = VerifyInclusion(index, size, tree.leaf_hash(index), *proof, tree.Root(size));
      ASSERT_TRUE(verified.ok()) << index << " of " << size << ": " << verified.ToString();
    }
  }
}

TEST(ProofTest, ConsistencyProofsAreThoseOfTheDefinitionAndVerify) {
  const NaiveTree tree(kConsistencySizes);
  for (size_t new_size = 1; new_size <= kConsistencySizes; ++new_size) {
    for (size_t old_size = 1; old_size <= new_size; ++old_size) {
      CountingReader reader{tree, new_size};
      const Result<Proof> proof = ConsistencyProof(old_size, new_size, reader.Function());
      ASSERT_TRUE(proof.ok()) << proof.status().ToString();
      ASSERT_EQ(*proof, tree.Consistency(old_size, new_size)) << old_size << " to " << new_size;
      ASSERT_LE(reader.reads, 2u * std::bit_width(new_size)) << old_size << " to " << new_size;
      const Status verified = VerifyConsistency(old_size, tree.Root(old_size), new_size, tree.Root(new_size), *proof);
      ASSERT_TRUE(verified.ok()) << old_size << " to " << new_size << ": " << verified.ToString();
    }
  }
}

TEST(ProofTest, AnInclusionProofHoldsForNoOtherIndexLeafOrRoot) {
  constexpr size_t kSize = 21;
  const NaiveTree tree(kSize);
  const Hash root = tree.Root(kSize);
  for (size_t index = 0; index < kSize; ++index) {
    const Proof proof = tree.Path(index, kSize);
    for (size_t other = 0; other < kSize; ++other) {
      if (other == index) continue;
      EXPECT_EQ(VerifyInclusion(other, kSize, tree.leaf_hash(index), proof, root).code(), Code::kCorruption);
      EXPECT_EQ(VerifyInclusion(index, kSize, tree.leaf_hash(other), proof, root).code(), Code::kCorruption);
    }
    for (size_t size = 0; size < kSize; ++size) {
      EXPECT_EQ(VerifyInclusion(index, kSize, tree.leaf_hash(index), proof, tree.Root(size)).code(), Code::kCorruption);
    }
  }
}

// Every way to change a proof by one bit, one hash less, one hash more, or two hashes swapped.
std::vector<Proof> Mutations(const Proof& proof) {
  std::vector<Proof> mutations;
  for (size_t i = 0; i < proof.size(); ++i) {
    for (size_t bit = 0; bit < 256; ++bit) {
      Proof changed = proof;
      changed[i][bit / 8] = static_cast<uint8_t>(changed[i][bit / 8] ^ (1u << bit % 8));
      mutations.push_back(changed);
    }
    Proof shorter = proof;
    shorter.erase(shorter.begin() + static_cast<ptrdiff_t>(i));
    mutations.push_back(shorter);
    for (size_t j = i + 1; j < proof.size(); ++j) {
      Proof swapped = proof;
      std::swap(swapped[i], swapped[j]);
      mutations.push_back(swapped);
    }
  }
  for (size_t i = 0; i <= proof.size(); ++i) {
    for (const Hash& extra : {Hash{}, proof.empty() ? EmptyRoot() : proof.front(), EmptyRoot()}) {
      Proof longer = proof;
      longer.insert(longer.begin() + static_cast<ptrdiff_t>(i), extra);
      mutations.push_back(longer);
    }
  }
  return mutations;
}

TEST(ProofTest, AnInclusionProofWithAnythingChangedIsRefused) {
  constexpr size_t kSize = 7;
  const NaiveTree tree(kSize);
  for (size_t index = 0; index < kSize; ++index) {
    for (const Proof& proof : Mutations(tree.Path(index, kSize))) {
      ASSERT_EQ(VerifyInclusion(index, kSize, tree.leaf_hash(index), proof, tree.Root(kSize)).code(), Code::kCorruption)
          << "leaf " << index;
    }
  }
}

TEST(ProofTest, AConsistencyProofWithAnythingChangedIsRefused) {
  constexpr size_t kSize = 7;
  const NaiveTree tree(kSize);
  for (size_t old_size = 1; old_size <= kSize; ++old_size) {
    for (const Proof& proof : Mutations(tree.Consistency(old_size, kSize))) {
      ASSERT_EQ(VerifyConsistency(old_size, tree.Root(old_size), kSize, tree.Root(kSize), proof).code(),
                Code::kCorruption)
          << "from " << old_size;
    }
  }
}

TEST(ProofTest, AConsistencyProofHoldsForNoOtherRoots) {
  constexpr size_t kSize = 21;
  const NaiveTree tree(kSize);
  for (size_t old_size = 1; old_size <= kSize; ++old_size) {
    const Proof proof = tree.Consistency(old_size, kSize);
    for (size_t other = 0; other <= kSize; ++other) {
      if (other != old_size) {
        EXPECT_EQ(VerifyConsistency(old_size, tree.Root(other), kSize, tree.Root(kSize), proof).code(),
                  Code::kCorruption);
      }
      if (other != kSize) {
        EXPECT_EQ(VerifyConsistency(old_size, tree.Root(old_size), kSize, tree.Root(other), proof).code(),
                  Code::kCorruption);
      }
    }
  }
}

TEST(ProofTest, ARefusalSaysWhatIsWrong) {
  const NaiveTree tree(8);
  const Proof path = tree.Path(3, 8);
  const auto inclusion = [&](const Proof& proof) {
    return VerifyInclusion(3, 8, tree.leaf_hash(3), proof, tree.Root(8)).message();
  };
  EXPECT_THAT(inclusion({path[0], path[1]}), HasSubstr("fewer hashes"));
  EXPECT_THAT(inclusion({path[0], path[1], path[2], path[2]}), HasSubstr("more hashes"));
  EXPECT_THAT(inclusion({path[0], path[2], path[1]}), HasSubstr("from leaf 3 to another root"));
  const Proof proof = tree.Consistency(3, 8);
  EXPECT_THAT(VerifyConsistency(3, tree.Root(4), 8, tree.Root(8), proof).message(), HasSubstr("root of the 3 leaves"));
  EXPECT_THAT(VerifyConsistency(3, tree.Root(3), 8, tree.Root(7), proof).message(), HasSubstr("root of the 8 leaves"));
  EXPECT_THAT(VerifyConsistency(3, tree.Root(3), 8, tree.Root(8), {}).message(), HasSubstr("cannot be empty"));
  EXPECT_THAT(VerifyConsistency(8, tree.Root(8), 8, tree.Root(8), proof).message(), HasSubstr("must be empty"));
  EXPECT_THAT(VerifyConsistency(8, tree.Root(7), 8, tree.Root(8), {}).message(), HasSubstr("different roots"));
}

TEST(ProofTest, SizesAndIndexesOutOfRangeAreInvalidArguments) {
  const NaiveTree tree(5);
  CountingReader reader{tree, 5};
  const SubtreeReader read = reader.Function();
  const Hash root = tree.Root(5);
  for (const uint64_t index : {uint64_t{5}, uint64_t{6}, ~uint64_t{0}}) {
    EXPECT_EQ(InclusionProof(index, 5, read).status().code(), Code::kInvalidArgument);
    EXPECT_EQ(VerifyInclusion(index, 5, root, {}, root).code(), Code::kInvalidArgument);
  }
  EXPECT_EQ(InclusionProof(0, 0, read).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(VerifyInclusion(0, 0, root, {}, root).code(), Code::kInvalidArgument);
  EXPECT_EQ(ConsistencyProof(0, 5, read).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ConsistencyProof(6, 5, read).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(VerifyConsistency(0, root, 5, root, {}).code(), Code::kInvalidArgument);
  EXPECT_EQ(VerifyConsistency(0, root, 0, root, {}).code(), Code::kInvalidArgument);
  EXPECT_EQ(VerifyConsistency(6, root, 5, root, {}).code(), Code::kInvalidArgument);
  EXPECT_EQ(reader.reads, 0u);
}

TEST(ProofTest, AnErrorOfAnyReadIsPassedOn) {
  const NaiveTree tree(21);
  const auto fail_at = [&tree](size_t& countdown) -> SubtreeReader {
    return [&tree, &countdown](unsigned level, uint64_t index) -> Result<Hash> {
      if (countdown-- == 0) return Corruption("tile 7 is damaged");
      return tree.Mth(index << level, (index + 1) << level);
    };
  };
  const auto expect_passed_on = [&](auto make_proof) {
    CountingReader reader{tree, 21};
    ASSERT_TRUE(make_proof(reader.Function()).ok());
    ASSERT_GT(reader.reads, 3u);
    for (size_t n = 0; n < reader.reads; ++n) {
      size_t countdown = n;
      const Result<Proof> proof = make_proof(fail_at(countdown));
      ASSERT_FALSE(proof.ok()) << "read " << n;
      EXPECT_EQ(proof.status().code(), Code::kCorruption);
      EXPECT_EQ(proof.status().message(), "tile 7 is damaged");
    }
  };
  expect_passed_on([](const SubtreeReader& read) { return InclusionProof(3, 21, read); });
  expect_passed_on([](const SubtreeReader& read) { return ConsistencyProof(10, 21, read); });
}

// A tree too large to build, all of whose leaves are equal: a complete subtree's hash depends on its level alone.
class UniformTree {
 public:
  UniformTree() {
    levels_.push_back(LeafHash("same"));
    while (levels_.size() < 64) levels_.push_back(NodeHash(levels_.back(), levels_.back()));
  }
  const Hash& leaf_hash() const { return levels_.front(); }
  Hash Root(uint64_t size) const {
    std::vector<Hash> hashes;
    for (unsigned level = 64; level-- > 0;) {
      if ((size >> level & 1) != 0) hashes.push_back(levels_[level]);
    }
    const Result<Frontier> frontier = Frontier::From(size, hashes);
    EXPECT_TRUE(frontier.ok());
    return frontier->Root();
  }
  SubtreeReader Reader(uint64_t size, size_t& reads) const {
    return [this, size, &reads](unsigned level, uint64_t index) -> Result<Hash> {
      ++reads;
      if (level > 63 || index >= size >> level) return Internal("no such complete subtree");
      return levels_[level];
    };
  }

 private:
  std::vector<Hash> levels_;
};

TEST(ProofTest, TreesOfAnySizeHaveShortProofs) {
  const UniformTree tree;
  constexpr uint64_t kOne = 1;
  const std::vector<uint64_t> sizes = {1'000'000'007, kOne << 40,       (kOne << 40) + 1, (kOne << 63) - 1,
                                       kOne << 63,    ~uint64_t{0} - 1, ~uint64_t{0}};
  for (const uint64_t size : sizes) {
    for (const uint64_t index : {uint64_t{0}, size / 3, size / 2, size - 2, size - 1}) {
      size_t reads = 0;
      const Result<Proof> proof = InclusionProof(index, size, tree.Reader(size, reads));
      ASSERT_TRUE(proof.ok()) << proof.status().ToString();
      EXPECT_LE(reads, 2u * 64u);
      EXPECT_TRUE(VerifyInclusion(index, size, tree.leaf_hash(), *proof, tree.Root(size)).ok()) << index << " " << size;
    }
    for (const uint64_t old_size : {uint64_t{1}, size / 3, size / 2, size - 1, size}) {
      size_t reads = 0;
      const Result<Proof> proof = ConsistencyProof(old_size, size, tree.Reader(size, reads));
      ASSERT_TRUE(proof.ok()) << proof.status().ToString();
      EXPECT_LE(reads, 2u * 64u);
      EXPECT_TRUE(VerifyConsistency(old_size, tree.Root(old_size), size, tree.Root(size), *proof).ok())
          << old_size << " " << size;
    }
  }
}

}  // namespace
}  // namespace envledger
