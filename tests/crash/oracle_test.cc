#include "tests/crash/oracle.h"

#include <gmock/gmock.h>

#include <utility>

#include "ledger/chain/tree.h"
#include "tests/support/chain_builder.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

// A ledger of three records behind its genesis, all acknowledged, and a checkpoint of it that was served.
class OracleTest : public testing::Test {
 protected:
  OracleTest() {
    oracle_.Acknowledged({records_[0], records_[1]}, {AckOf(1), AckOf(2)});
    oracle_.Acknowledged({records_[2]}, {AckOf(3)});
    oracle_.KeepCheckpoint(SignedNote(entries_));
  }
  Acknowledgment AckOf(uint64_t seq) const { return {.seq = seq, .leaf_hash = LeafHash(entries_[seq])}; }

  const std::vector<Transition> transitions_ = {Opening("e1"), Opening("e2"), Opening("e3")};
  const std::vector<std::string> records_ = Encoded(transitions_);
  const std::vector<Draft> drafts_ = Drafts(transitions_);
  const std::vector<std::string> entries_ = Seal(drafts_);
  Oracle oracle_;
};

TEST_F(OracleTest, ALedgerThatKeptItsPromisesIsNotBroken) {
  const Broken broken = oracle_.Compare(entries_);
  EXPECT_FALSE(broken.any()) << broken.first;
  EXPECT_EQ(oracle_.acknowledged(), 3u);
  EXPECT_THAT(oracle_.problems(), testing::IsEmpty());
}

TEST_F(OracleTest, AMissingTailIsLostAndTheServedCheckpointIsBroken) {
  const Broken broken = oracle_.Compare({entries_.begin(), entries_.end() - 1});
  EXPECT_EQ(broken.lost, 1u);
  EXPECT_EQ(broken.checkpoints, 1u);
  EXPECT_THAT(broken.first, testing::HasSubstr("acknowledged as entry 3"));
}

TEST_F(OracleTest, ARecordThatIsThereTwiceIsDoubled) {
  std::vector<std::string> entries = entries_;
  entries.push_back(entries_[2]);
  EXPECT_EQ(oracle_.Compare(entries).doubled, 1u);
}

TEST_F(OracleTest, RecordsInAnotherOrderAreChanged) {
  std::vector<std::string> entries = entries_;
  std::swap(entries[1], entries[2]);
  const Broken broken = oracle_.Compare(entries);
  EXPECT_EQ(broken.changed, 2u);
  EXPECT_EQ(broken.checkpoints, 1u);
}

TEST_F(OracleTest, ARecordThatWasSealedAnewInItsPlaceIsChanged) {
  std::vector<Draft> drafts = drafts_;
  drafts[3].header.recorded_at += 1;
  EXPECT_EQ(oracle_.Compare(Seal(drafts)).changed, 1u);
}

TEST_F(OracleTest, ASecondAcknowledgmentMustBeTheFirst) {
  oracle_.Acknowledged({records_[0]}, {AckOf(1)});
  EXPECT_THAT(oracle_.problems(), testing::IsEmpty());
  oracle_.Acknowledged({records_[0]}, {AckOf(2)});
  EXPECT_THAT(oracle_.problems(), testing::SizeIs(1));
}

TEST_F(OracleTest, UnansweredAppendsAreKeptInTheirOrder) {
  oracle_.Unanswered({"a"});
  oracle_.Unanswered({"b", "c"});
  EXPECT_THAT(oracle_.TakeUnanswered(), testing::ElementsAre(Batch{"a"}, Batch{"b", "c"}));
  EXPECT_THAT(oracle_.TakeUnanswered(), testing::IsEmpty());
}

}  // namespace
}  // namespace envledger
