#include "ledger/evidence/signed_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kServed = 13;

// Signs when it is asked to, and may refuse or spoil a proof.
class Daemon : public MemoryLedger {
 public:
  using MemoryLedger::MemoryLedger;
  bool signs = true;
  envledger::Status refusal;
  bool spoils = false;

  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
    if (request.sign_now && signs) SignAll();
    return MemoryLedger::Checkpoints(request);
  }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override {
    ENVLEDGER_RETURN_IF_ERROR(refusal);
    auto response = MemoryLedger::InclusionProof(request);
    if (response.ok() && spoils) response->hashes.front()[0] ^= 1;
    return response;
  }
};

class SignedTreeTest : public ::testing::Test {
 protected:
  Result<SignedTree> Covering(uint64_t last, bool can_sign) {
    return SignedTree::Covering(ledger_, TrustKey(TestVerifierKey()), last, can_sign);
  }
  SignedTree Tree() {
    auto tree = Covering(kServed - 1, false);
    EXPECT_TRUE(tree.ok()) << tree.status().ToString();
    return *std::move(tree);
  }
  Daemon ledger_{kServed};
};

TEST_F(SignedTreeTest, ACheckpointIsSignedOnlyWhereTheLatestEndsTooEarly) {
  ledger_.note = SignedNote({ledger_.entries.begin(), ledger_.entries.begin() + 5});
  EXPECT_EQ(Covering(4, true)->checkpoint().size, 5u);
  const auto stored = Covering(5, false);
  ASSERT_TRUE(stored.ok()) << stored.status().ToString();
  EXPECT_EQ(stored->checkpoint().size, 5u);
  EXPECT_TRUE(stored->Covers(4));
  EXPECT_FALSE(stored->Covers(5)) << "the caller has to look";
  EXPECT_EQ(Covering(5, true)->checkpoint().size, kServed);
}

TEST_F(SignedTreeTest, WithoutACheckpointThatCoversTheEntryThereIsNoTree) {
  ledger_.note = SignedNote({ledger_.entries.begin(), ledger_.entries.begin() + 5});
  ledger_.signs = false;
  const auto old = Covering(5, true);
  EXPECT_EQ(old.status().code(), Code::kCorruption);
  EXPECT_THAT(old.status().message(), HasSubstr("covers entry 5, the daemon returned one of 5 entries"));
  ledger_.note.clear();
  EXPECT_EQ(Covering(5, true).status().code(), Code::kCorruption);
  EXPECT_EQ(Covering(5, false).status().code(), Code::kNotFound);
}

TEST_F(SignedTreeTest, ThePolicyMustVouchForIt) {
  ledger_.SignAll(2);
  EXPECT_EQ(Covering(1, false).status().code(), Code::kCorruption);
  EXPECT_EQ(SignedTree::Covering(ledger_, TrustPolicy{}, 1, false).status().code(), Code::kInvalidArgument);
}

TEST_F(SignedTreeTest, ProvesEveryEntryWithItsOwnBytesAndNoOthers) {
  SignedTree tree = Tree();
  for (uint64_t seq = 0; seq < kServed; ++seq) {
    EXPECT_TRUE(tree.Prove(seq, LeafHash(ledger_.entries[seq])).ok()) << seq;
    const auto bytes = tree.Fetch(seq);
    ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
    EXPECT_EQ(*bytes, ledger_.entries[seq]);
  }
  EXPECT_THAT(tree.Prove(3, LeafHash("other")).message(), HasSubstr("entry 3: the answer has other bytes"));
}

TEST_F(SignedTreeTest, AProofThatIsRefusedOrLeadsElsewhereProvesNothing) {
  SignedTree tree = Tree();
  ledger_.spoils = true;
  const Status spoilt = tree.Prove(3, LeafHash(ledger_.entries[3]));
  EXPECT_EQ(spoilt.code(), Code::kCorruption);
  EXPECT_THAT(spoilt.message(), HasSubstr("does not lead to the root"));
  EXPECT_EQ(tree.Fetch(3).status().code(), Code::kCorruption);
  ledger_.refusal = NotFound("no such entry");
  const Status refused = tree.Prove(3, LeafHash(ledger_.entries[3]));
  EXPECT_EQ(refused.code(), Code::kCorruption) << "whatever the ledger says, the proof is missing";
  EXPECT_THAT(refused.message(), HasSubstr("no such entry"));
  ledger_.refusal = Unavailable("gone");
  EXPECT_EQ(tree.Fetch(3).status().code(), Code::kUnavailable);
}

TEST_F(SignedTreeTest, GrowsFromSmallerTreesAndIntoLargerOnes) {
  SignedTree tree = Tree();
  for (const uint64_t size : {uint64_t{1}, kServed - 1, kServed, kServed + 4}) {
    ledger_.entries = SealedStories(std::max(size, kServed));
    const Hash root = RootOf(SealedStories(size));
    EXPECT_TRUE(tree.ProveGrowth(size, root).ok()) << size;
    EXPECT_EQ(tree.ProveGrowth(size, LeafHash("other")).code(), Code::kCorruption) << size;
  }
  EXPECT_EQ(tree.ProveGrowth(0, EmptyRoot()).code(), Code::kCorruption) << "an answer read from nothing";
}

TEST_F(SignedTreeTest, TheEntriesOfAKeyHistoryMustBeInTheTree) {
  Daemon rotated(SealedWithRotation());
  rotated.SignAll(2);
  EXPECT_TRUE(SignedTree::Covering(rotated, TrustKeyOrLater(TestVerifierKey(1)), 1, false).ok());
  rotated.spoils = true;
  const auto spoilt = SignedTree::Covering(rotated, TrustKeyOrLater(TestVerifierKey(1)), 1, false);
  EXPECT_EQ(spoilt.status().code(), Code::kCorruption);
}

}  // namespace
}  // namespace envledger
