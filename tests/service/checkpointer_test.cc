// What is never signed.
#include "ledger/service/checkpointer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temp_dir.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

// A log of three entries, whose first is covered by a checkpoint.
class CheckpointerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(LogDb::Create(dir_.path() + "/log", {}).ok());
    log_ = *LogDb::Open(dir_.path() + "/log", {});
    ASSERT_TRUE(log_->Append(0, {entries_.begin(), entries_.end()}).ok());
    ASSERT_TRUE(log_->PutCheckpoint(1, note_, "").ok());
    for (const std::string& entry : entries_) {
      good_.before_last = good_.frontier;
      good_.last_leaf_hash = LeafHash(entry);
      good_.frontier.Append(good_.last_leaf_hash);
    }
  }
  // Of a checkpointer that is told that the log ends so.
  Status SignAt(const DurableEnd& end) {
    LogEnd log_end{end};
    const auto genesis = GenesisOf(entries_[0], nullptr);
    PublisherOptions options;
    options.publish_path = dir_.path() + "/published";
    Publisher publisher(*log_, options, clock_);
    const auto latest = ReadCheckpointNote(note_);
    Checkpointer checkpointer(*log_, key_, *KeyHistory::From(*genesis, kTestStart), {}, clock_, {*latest, note_, 0},
                              std::move(publisher), log_end);
    const Status first = checkpointer.SignNow();
    EXPECT_EQ(checkpointer.SignNow().ok(), first.ok()) << "a bug is not tried again";
    EXPECT_EQ(checkpointer.failure().ok(), first.ok());
    return first;
  }
  uint64_t Latest() const { return (*log_->LatestCheckpoint(nullptr))->size; }

  TempDir dir_;
  ManualClock clock_;
  const SigningKey key_ = TestKey();
  const std::vector<std::string> entries_ = Seal(Drafts({Opening("e1"), Opening("e2")}));
  const std::string note_ = SignedNote({entries_[0]});
  std::unique_ptr<LogDb> log_;
  DurableEnd good_;
};

TEST_F(CheckpointerTest, SignsTheTreeOfTheLog) {
  EXPECT_TRUE(SignAt(good_).ok());
  EXPECT_EQ(Latest(), 3u);
}

TEST_F(CheckpointerTest, NeverSignsATreeThatIsNotTheOneBeforeItAndTheLastEntry) {
  DurableEnd end = good_;
  end.last_leaf_hash = LeafHash("another entry");
  const Status status = SignAt(end);
  EXPECT_EQ(status.code(), Code::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("the tree of 3 entries is not the previous tree with the last entry added"));
  EXPECT_EQ(Latest(), 1u);
}

TEST_F(CheckpointerTest, NeverSignsMoreThanTheLogHolds) {
  DurableEnd end = good_;
  end.before_last = end.frontier;
  end.frontier.Append(end.last_leaf_hash);
  EXPECT_EQ(SignAt(end).code(), Code::kInternal);
  EXPECT_EQ(Latest(), 1u);
}

TEST_F(CheckpointerTest, NeverSignsLessThanBefore) {
  EXPECT_EQ(SignAt(DurableEnd{}).code(), Code::kInternal);
  EXPECT_EQ(Latest(), 1u);
}

}  // namespace
}  // namespace envledger
