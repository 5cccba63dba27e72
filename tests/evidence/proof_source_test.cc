// Proofs asked of a ledger by a policy. What `proof` does with them: tests/cli.
#include "ledger/evidence/proof_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_ledger.h"
#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

// Serves its checkpoint with every proof of its size.
class WithCheckpoints : public MemoryLedger {
 public:
  using MemoryLedger::MemoryLedger;
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override {
    ENVLEDGER_ASSIGN_OR_RETURN(InclusionProofResponse response, MemoryLedger::InclusionProof(request));
    response.checkpoint = note;
    return response;
  }
};

// A genesis by key 1, a rotation to key 2 in entry 2, and a story.
class ProofSourceTest : public ::testing::Test {
 protected:
  ProofSourceTest() : ledger_(SealedWithRotation()) { ledger_.SignAll(2); }
  Status Inclusion(const TrustPolicy& policy) {
    return ProofSource(ledger_, policy, false).Inclusion(1, ledger_.entries.size()).status();
  }
  WithCheckpoints ledger_;
};

TEST_F(ProofSourceTest, AProofForOneKeyIsSignedByThatKeyWhateverRotationsThereAre) {
  EXPECT_TRUE(Inclusion(TrustKey(TestVerifierKey(2))).ok());
  const Status by_old = Inclusion(TrustKey(TestVerifierKey(1)));
  EXPECT_EQ(by_old.code(), Code::kCorruption);
  EXPECT_THAT(by_old.message(), HasSubstr("its checkpoint is not signed by " + FormatVerifierKey(TestVerifierKey(1))));
}

TEST_F(ProofSourceTest, WithRotationsAnEarlierKeyLeadsToTheOneThatSigned) {
  EXPECT_TRUE(Inclusion(TrustKeyOrLater(TestVerifierKey(1))).ok());
  EXPECT_TRUE(Inclusion(TrustKeyOrLater(TestVerifierKey(2))).ok());
  EXPECT_THAT(Inclusion(TrustKeyOrLater(TestVerifierKey(3))).message(), HasSubstr("is not one of its keys"));
}

TEST_F(ProofSourceTest, WithoutAKeyTheLedgerMustAgreeWithItself) {
  EXPECT_TRUE(Inclusion(TrustTheLedgerItself()).ok());
  ledger_.SignAll(1);
  EXPECT_THAT(Inclusion(TrustTheLedgerItself()).message(), HasSubstr("the key that the ledger had at that size"));
}

TEST_F(ProofSourceTest, AHistoryThatDoesNotHoldIsNoReasonToBelieveAnything) {
  ledger_.entries = SealedWithRotation(1, 1);
  ledger_.SignAll(2);
  for (const TrustPolicy& policy : {TrustTheLedgerItself(), TrustKeyOrLater(TestVerifierKey(1))}) {
    const Status status = Inclusion(policy);
    EXPECT_EQ(status.code(), Code::kCorruption);
    EXPECT_THAT(status.message(), HasSubstr("key history does not hold"));
  }
  EXPECT_TRUE(Inclusion(TrustKey(TestVerifierKey(2))).ok()) << "this rule does not look at it";
}

TEST_F(ProofSourceTest, TheCheckpointMustBeOfTheProofsTree) {
  const auto smaller = ProofSource(ledger_, TrustKey(TestVerifierKey(2)), false).Inclusion(1, 2);
  EXPECT_EQ(smaller.status().code(), Code::kCorruption);
  EXPECT_THAT(smaller.status().message(), HasSubstr("its checkpoint covers 4 entries, not 2"));
}

TEST_F(ProofSourceTest, ALatestCheckpointIsCheckedByThePolicyToo) {
  ProofSource source(ledger_, TrustKey(TestVerifierKey(1)), false);
  const auto latest = source.Latest();
  ASSERT_TRUE(latest.ok()) << latest.status().ToString();
  EXPECT_THAT(source.Check(*latest).status().message(), HasSubstr("the checkpoint is not signed by"));
  const auto tree = ProofSource(ledger_, TrustKey(TestVerifierKey(2)), false).Check(*latest);
  ASSERT_TRUE(tree.ok()) << tree.status().ToString();
  EXPECT_EQ(tree->checkpoint().size, ledger_.entries.size());
}

}  // namespace
}  // namespace envledger
