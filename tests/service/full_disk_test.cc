// A disk that is full, and has room again: what is told, what goes on, and that the ledger heals without a restart.
#include "tests/support/full_disk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "ledger/query/view.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class FullDiskTest : public ::testing::Test {
 protected:
  bool WaitForHealth(bool healthy) {
    return WaitUntil([&] { return ledger_.ledger().Describe().healthy == healthy; }, seconds(60));
  }
  std::string Problem() { return ledger_.ledger().Describe().problem; }
  // Whether a query finds the envelope now.
  Status Find(const std::string& id) {
    auto view = ledger_.ledger().CurrentView();
    if (!view.ok()) return view.status();
    return RunEnvelope(*view, {id}, {}).status();
  }
  void ExpectIntact() {
    const VerifyReport report = ledger_.Verify();
    EXPECT_TRUE(IsPass(report.verdict)) << Text(report);
  }

  FullDisk disk_;
  TestLedger ledger_;
};

class FullLogTest : public FullDiskTest, public ::testing::WithParamInterface<FullDisk::Leaves> {};

TEST_P(FullLogTest, TakesAppendsAgainWhenThereIsRoomAndForgetsWhatFailed) {
  ledger_.options.log.env = disk_.env();
  ledger_.options.disk_check_every = std::chrono::milliseconds(10);
  ledger_.Open();
  ledger_.MustAppend({Encoded(Opening("kept"))});
  disk_.Fill(GetParam());
  const std::vector<std::string> failing = {Encoded(Opening("a")), Encoded(Opening("b")), Encoded(Opening("c"))};
  EXPECT_EQ(StatusOf(ledger_.Append(failing)).code(), Code::kUnknownOutcome);
  EXPECT_EQ(StatusOf(ledger_.Append({Encoded(Opening("d"))})).code(), Code::kUnavailable);
  EXPECT_THAT(Problem(), HasSubstr("No space"));
  EXPECT_TRUE(Find("kept").ok());
  EXPECT_EQ(Find("a").code(), Code::kNotFound);

  const int tried = disk_.refused();  // the free space that the system tells of is not this disk's
  EXPECT_TRUE(WaitUntil([&] { return disk_.refused() > tried + 5; }, seconds(60)));
  disk_.Free();
  ASSERT_TRUE(WaitForHealth(true)) << Problem();
  // Fewer entries than the group that failed, at the same place in the log.
  const auto again = ledger_.MustAppend({failing[1]});
  ASSERT_EQ(again.size(), 1u);
  EXPECT_FALSE(again[0].replayed) << "it was not stored";
  const uint64_t size = ledger_.ledger().Describe().tree_size;
  EXPECT_EQ(again[0].seq + 1, size);
  EXPECT_TRUE(Find("b").ok());
  EXPECT_EQ(Find("a").code(), Code::kNotFound);

  ledger_.Kill();
  ledger_.Open();
  EXPECT_TRUE(Find("b").ok()) << "what was acknowledged after the failure survives a kill";
  EXPECT_EQ(Find("a").code(), Code::kNotFound);
  EXPECT_EQ(ledger_.ledger().Describe().tree_size, size + 1) << "and the opening";
  ledger_.Close();
  ExpectIntact();
}

TEST_P(FullLogTest, HealsAsOftenAsItFillsAndSignsCheckpointsAgain) {
  ledger_.options.log.env = disk_.env();
  ledger_.options.disk_check_every = std::chrono::milliseconds(10);
  ledger_.options.checkpointer.every_entries = 1;
  ledger_.Open();
  for (int round = 0; round < 3; ++round) {
    const std::string id = "round-" + std::to_string(round);
    ledger_.MustAppend({Encoded(Opening(id))});
    disk_.Fill(GetParam());
    EXPECT_FALSE(StatusOf(ledger_.Append({Encoded(Later(Stage::kAdmitted, id))})).ok());
    disk_.Free();
    ASSERT_TRUE(WaitForHealth(true)) << Problem();
    ledger_.MustAppend({Encoded(Later(Stage::kAdmitted, id))});
    EXPECT_TRUE(ledger_.ledger().SignNow().ok());
  }
  ledger_.Close();
  ExpectIntact();
}

INSTANTIATE_TEST_SUITE_P(FullDisk, FullLogTest,
                         ::testing::Values(FullDisk::Leaves::kNothing, FullDisk::Leaves::kHalf,
                                           FullDisk::Leaves::kAll));

class FullIndexTest : public FullDiskTest {
 protected:
  void Open() {
    ledger_.options.indexer.index.env = disk_.env();
    ledger_.options.indexer.index.write_buffer_bytes = 64 << 10;
    ledger_.options.indexer.retry_after = std::chrono::milliseconds(10);
    ledger_.Open();
  }
  // Appends until the index cannot take more. Returns the last envelope.
  std::string AppendUntilTheIndexStops() {
    std::string id;
    for (int i = 0; i < 20'000 && ledger_.ledger().Describe().healthy; ++i) {
      id = "env-" + std::to_string(i) + std::string(90, 'x');
      ledger_.MustAppend({Encoded(Opening(id, User("alice-" + std::to_string(i % 50))))});
      EXPECT_TRUE(Find(id).ok()) << i << ": " << Find(id).ToString();
    }
    return id;
  }
};

TEST_F(FullIndexTest, QueriesAndAppendsGoOnAndTheIndexCatchesUp) {
  Open();
  disk_.Fill();
  const std::string last = AppendUntilTheIndexStops();
  EXPECT_THAT(Problem(), HasSubstr("the index cannot be written"));
  EXPECT_TRUE(Find(last).ok()) << Find(last).ToString();
  for (int i = 0; i < 10; ++i) {
    const std::string id = "later-" + std::to_string(i);
    ledger_.MustAppend({Encoded(Opening(id)), Encoded(Later(Stage::kAdmitted, id))});
    EXPECT_TRUE(Find(id).ok()) << Find(id).ToString();
  }
  disk_.Free();
  ASSERT_TRUE(WaitForHealth(true)) << Problem();
  EXPECT_TRUE(Find("later-9").ok());
  ledger_.MustAppend({Encoded(Later(Stage::kCancelled, "later-3"))});
  ledger_.Close();
  ExpectIntact();
}

TEST_F(FullIndexTest, WhatItLacksIsHeldInMemoryUpToALimit) {
  ledger_.options.indexer.tail_bytes = 4096;
  Open();
  disk_.Fill();
  for (int i = 0; ledger_.ledger().Describe().healthy; ++i) {
    ASSERT_LT(i, 20'000);
    ledger_.MustAppend({Encoded(Opening("env-" + std::to_string(i) + std::string(90, 'x')))});
  }
  Status found = Ok();
  for (int i = 0; i < 100 && found.ok(); ++i) {
    ledger_.MustAppend({Encoded(Opening("later-" + std::to_string(i)))});
    found = Find("later-0");
  }
  EXPECT_EQ(found.code(), Code::kUnavailable);
  EXPECT_THAT(found.message(), HasSubstr("takes more than 4096 bytes"));
  disk_.Free();
  ASSERT_TRUE(WaitForHealth(true)) << Problem();
  EXPECT_TRUE(Find("later-0").ok());
}

}  // namespace
}  // namespace envledger
