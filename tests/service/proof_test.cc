// Proofs of a ledger that is running: beside appends, and from an index that was made again.
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "ledger/chain/tree.h"
#include "ledger/index/tree_index.h"
#include "ledger/query/view.h"
#include "ledger/store/layout.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

class LiveProofTest : public ::testing::Test {
 protected:
  void Fill(int from, int until) {
    for (int i = from; i < until; ++i) ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
  }
  TestLedger ledger_;
};

TEST_F(LiveProofTest, HoldWhileAppendsRun) {
  ledger_.options.indexer.writer.batch_entries = 7;
  ledger_.options.indexer.lazy = std::chrono::milliseconds(0);
  ledger_.options.checkpointer.every_entries = 10;
  ledger_.Open();
  uint64_t old_size = 0;
  Hash old_root{};
  for (int round = 0; round < 60; ++round) {
    std::vector<std::future<AppendResult>> appends;  // on their way while the proofs are made
    for (int i = 0; i < 5; ++i) {
      appends.push_back(ledger_.Submit({Encoded(Opening("e" + std::to_string(5 * round + i)))}));
    }
    const auto view = ledger_.ledger().CurrentView();
    ASSERT_TRUE(view.ok()) << view.status().ToString();
    const uint64_t size = view->tree_size;
    const uint64_t seq = static_cast<uint64_t>(round) * 31 % size;
    const auto inclusion = RunInclusionProof(*view, {seq, size});
    EXPECT_TRUE(inclusion.ok()) << inclusion.status().ToString();
    if (inclusion.ok()) {
      const Status holds = VerifyInclusion(seq, size, LeafHash(inclusion->entry), inclusion->hashes, view->root);
      EXPECT_TRUE(holds.ok()) << holds.ToString();
    }
    if (old_size > 0) {
      const auto consistency = RunConsistencyProof(*view, {old_size, size});
      EXPECT_TRUE(consistency.ok()) << consistency.status().ToString();
      if (consistency.ok()) {
        const Status holds = VerifyConsistency(old_size, old_root, size, view->root, consistency->hashes);
        EXPECT_TRUE(holds.ok()) << holds.ToString();
      }
    }
    const auto latest = RunInclusionProof(*view, {0, std::nullopt});
    EXPECT_TRUE(latest.ok() && !latest->checkpoint.empty()) << latest.status().ToString();
    old_size = size;
    old_root = view->root;
    for (auto& append : appends) EXPECT_TRUE(StatusOf(append.get()).ok());
  }
  EXPECT_GE(old_size, 2 + 59 * 5u);
  ledger_.Close();
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict));
}

TEST_F(LiveProofTest, AreTheSameFromAnIndexMadeAgain) {
  const auto proofs = [&] {
    const auto view = ledger_.ledger().CurrentView();
    std::vector<Proof> all;
    for (uint64_t seq = 0; seq < 40; ++seq) {
      const auto proof = RunInclusionProof(*view, {seq, 41});
      EXPECT_TRUE(proof.ok()) << proof.status().ToString();
      all.push_back(proof.ok() ? proof->hashes : Proof());
    }
    return all;
  };
  ledger_.Open();
  Fill(0, 40);
  const std::vector<Proof> before = proofs();
  ledger_.Close();
  ASSERT_TRUE(IndexDb::Destroy(IndexPath(ledger_.data_dir())).ok());
  ledger_.Open();
  EXPECT_EQ(proofs(), before);
}

}  // namespace
}  // namespace envledger
