// Failing disks: what is told, what is kept, and that the ledger verifies afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "ledger/query/view.h"
#include "ledger/service/sequencer.h"
#include "tests/support/chain_builder.h"
#include "tests/support/fault_env.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/temp_dir.h"
#include "tests/support/transitions.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

// Wholly verified, with these and perhaps other records.
void ExpectIntact(TestLedger& ledger, const std::set<uint64_t>& acknowledged) {
  const VerifyReport report = ledger.Verify();
  EXPECT_EQ(report.verdict, Verdict::kUnanchored) << Text(report);
  for (const uint64_t seq : acknowledged) EXPECT_LT(seq, report.entries);
}

class FailureTest : public ::testing::TestWithParam<LogFault> {
 protected:
  void OpenOnFault() {
    ledger_.options.log.env = fault_->env();
    ledger_.Open();
  }
  // What a person does: stops it, and starts it on a good disk.
  void Restart() {
    ledger_.Kill();
    ledger_.options.log.env = nullptr;
    ledger_.Open();
  }
  std::unique_ptr<FaultEnv> fault_ = std::make_unique<FaultEnv>();
  TestLedger ledger_;
};

TEST_P(FailureTest, AFailedWriteStopsAppendsButNotQueries) {
  OpenOnFault();
  const auto acks = ledger_.MustAppend({Encoded(Opening("kept"))});
  fault_->Fail(GetParam());
  EXPECT_EQ(StatusOf(ledger_.Append({Encoded(Opening("in-flight"))})).code(), Code::kUnknownOutcome);
  const AppendResult later = ledger_.Append({Encoded(Opening("later"))});
  EXPECT_EQ(StatusOf(later).code(), Code::kUnavailable) << StatusOf(later).ToString();

  const StatusResponse status = ledger_.ledger().Describe();
  EXPECT_FALSE(status.healthy);
  EXPECT_THAT(status.problem, HasSubstr("injected fault"));
  EXPECT_EQ(status.tree_size, acks[0].seq + 1);
  {
    auto view = ledger_.ledger().CurrentView();
    ASSERT_TRUE(view.ok()) << view.status().ToString();
    EXPECT_TRUE(RunEnvelope(*view, {"kept"}, {}).ok());
    EXPECT_EQ(RunEnvelope(*view, {"in-flight"}, {}).status().code(), Code::kNotFound);
  }
  EXPECT_FALSE(ledger_.ledger().Close("test").ok());
  Restart();
  ledger_.Close();
  ExpectIntact(ledger_, {acks[0].seq});
}

TEST(SlowDisk, IsToldAndIsNoReasonToTakeTheDaemonForStuck) {
  FaultEnv fault;
  TestLedger ledger;
  ledger.options.log.env = fault.env();
  ledger.options.slow_disk = std::chrono::milliseconds(1);
  ledger.Open();
  EXPECT_TRUE(WaitUntil([&] { return ledger.ledger().Describe().healthy; }, std::chrono::seconds(20)));
  fault.Hold();
  auto waiting = ledger.Submit({Encoded(Opening("e1"))});
  fault.WaitUntilHeld();
  EXPECT_TRUE(WaitUntil([&] { return !ledger.ledger().Describe().healthy; }, std::chrono::seconds(20)));
  EXPECT_THAT(ledger.ledger().Describe().problem, HasSubstr("has not finished a write to the log for"));
  EXPECT_TRUE(ledger.ledger().Responds(std::chrono::seconds(20)));
  fault.Release();
  EXPECT_TRUE(StatusOf(waiting.get()).ok());
  EXPECT_TRUE(WaitUntil([&] { return ledger.ledger().Describe().healthy; }, std::chrono::seconds(20)));
}

TEST_P(FailureTest, TheGroupBehindAFailedOneIsRefusedAsNotWritten) {
  OpenOnFault();
  fault_->Fail(GetParam());
  fault_->Hold();
  auto first = ledger_.Submit({Encoded(Opening("a"))});
  if (GetParam() == LogFault::kSyncLost || GetParam() == LogFault::kSyncPersisted) fault_->WaitUntilHeld();
  auto second = ledger_.Submit({Encoded(Opening("b"))});
  auto replay = ledger_.Submit({Encoded(Opening("a"))});
  fault_->Release();
  EXPECT_EQ(StatusOf(first.get()).code(), Code::kUnknownOutcome);
  for (auto* after : {&second, &replay}) {
    const Code code = StatusOf(after->get()).code();
    EXPECT_TRUE(code == Code::kUnavailable || code == Code::kUnknownOutcome);
  }
  Restart();
  ledger_.MustAppend({Encoded(Opening("b"))});
  ledger_.Close();
  ExpectIntact(ledger_, {});
}

TEST_P(FailureTest, ARetryAfterTheRestartIsAReplayOrTheFirst) {
  OpenOnFault();
  const std::vector<std::string> batch = {Encoded(Opening("e1")), Encoded(Later(Stage::kAdmitted, "e1"))};
  fault_->Fail(GetParam());
  ASSERT_EQ(StatusOf(ledger_.Append(batch)).code(), Code::kUnknownOutcome);
  Restart();
  const auto acks = ledger_.MustAppend(batch);
  ASSERT_EQ(acks.size(), 2u);
  EXPECT_EQ(acks[0].replayed, GetParam() == LogFault::kSyncPersisted);
  EXPECT_EQ(acks[1].replayed, acks[0].replayed) << "a batch is there whole or not at all";
  EXPECT_EQ(acks[1].envelope_revision, 1u);
  ledger_.Close();
  ExpectIntact(ledger_, {acks[0].seq, acks[1].seq});
}

TEST_P(FailureTest, ACheckpointThatCannotBeStoredIsNotPublished) {
  OpenOnFault();
  const auto acks = ledger_.MustAppend({Encoded(Opening("e1"))});
  const std::string before = ledger_.ledger().Describe().last_checkpoint;
  fault_->Fail(GetParam());
  EXPECT_EQ(ledger_.ledger().SignNow().status().code(), Code::kUnknownOutcome);
  EXPECT_EQ(ledger_.ledger().Describe().last_checkpoint, before);
  EXPECT_FALSE(ledger_.ledger().Describe().healthy);
  EXPECT_EQ(StatusOf(ledger_.Append({Encoded(Opening("e2"))})).code(), Code::kUnavailable)
      << "nothing of it was written";
  Restart();
  ledger_.Close();
  ExpectIntact(ledger_, {acks[0].seq});
}

// The fault strikes at each step of a short life in turn: opening, appending, signing, closing.
TEST_P(FailureTest, WhicheverStepFailsWhatWasAcknowledgedIsThereAndVerifies) {
  bool reached_end = false;
  for (int step = 0; !reached_end && step < 40; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    FaultEnv fault;
    TestLedger ledger;
    ledger.options.log.env = fault.env();
    fault.Fail(GetParam(), step);
    std::set<uint64_t> acknowledged;
    std::vector<std::vector<std::string>> batches;
    if (ledger.TryOpen().ok()) {
      for (int i = 0; i < 3; ++i) {
        const std::string id = "e" + std::to_string(i);
        batches.push_back({Encoded(Opening(id)), Encoded(Later(Stage::kAdmitted, id))});
        const AppendResult result = ledger.Append(batches.back());
        if (const auto* response = std::get_if<AppendResponse>(&result)) {
          for (const Acknowledgment& ack : response->acknowledgments) acknowledged.insert(ack.seq);
        }
        static_cast<void>(ledger.ledger().SignNow());
      }
      reached_end = ledger.ledger().Close("test").ok() && !fault.failed();
      ledger.Kill();
    }
    ledger.options.log.env = nullptr;
    ledger.Open();
    for (const auto& batch : batches) {
      for (const Acknowledgment& ack : ledger.MustAppend(batch)) {
        EXPECT_TRUE(ack.replayed || acknowledged.count(ack.seq) == 0);
        acknowledged.erase(ack.seq);
      }
    }
    EXPECT_TRUE(acknowledged.empty()) << "an acknowledged record is gone";
    ledger.Close();
    ExpectIntact(ledger, {});
  }
  EXPECT_TRUE(reached_end) << "the table has more steps than the test tries";
}

INSTANTIATE_TEST_SUITE_P(Faults, FailureTest, ::testing::ValuesIn(kLogFaults));

class EmptyIndex : public IndexSource {
 public:
  explicit EmptyIndex(const Progress& progress) : progress_(progress) {}
  uint64_t watermark() const override { return progress_.at(); }
  std::shared_ptr<const IndexReader> Latest() const override { return EmptyReader(); }

 private:
  const Progress& progress_;
};

// A writer whose index does not move.
class StalledIndexTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(LogDb::Create(dir_.path() + "/log", {}).ok());
    log_ = *LogDb::Open(dir_.path() + "/log", {});
    SequencerOptions options;
    options.max_index_lag = 2;
    sequencer_ = std::make_unique<Sequencer>(
        *log_, std::make_unique<Sealer>(*log_, index_, clock_, SealerOptions{}, ChainEnd{}), options, end_, indexed_);
  }
  std::future<AppendResult> Submit(const std::string& id) {
    auto frame = std::make_shared<const std::string>(Encoded(Opening(id)));
    auto done = std::make_shared<std::promise<AppendResult>>();
    AppendWork work;
    work.items.push_back({*CheckedTransition::Check(*frame), std::nullopt});
    work.frame = frame;
    work.recorder = std::make_shared<const Recorder>();
    work.done = [done](AppendResult result) { done->set_value(std::move(result)); };
    sequencer_->Submit(std::move(work));
    return done->get_future();
  }
  TempDir dir_;
  ManualClock clock_;
  std::unique_ptr<LogDb> log_;
  LogEnd end_{DurableEnd{}};
  Progress indexed_{0};
  const EmptyIndex index_{indexed_};
  std::unique_ptr<Sequencer> sequencer_;
};

TEST_F(StalledIndexTest, AppendsWaitUntilTheIndexFollows) {
  std::vector<std::future<AppendResult>> results;
  for (int i = 0; i < 6; ++i) results.push_back(Submit("e" + std::to_string(i)));
  EXPECT_TRUE(StatusOf(results[2].get()).ok());
  EXPECT_EQ(results[3].wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  indexed_.Advance(3);
  EXPECT_TRUE(StatusOf(results[5].get()).ok());
  EXPECT_EQ(log_->size(), 6u);
}

TEST_F(StalledIndexTest, EventsDoNotWaitForTheIndex) {
  for (int i = 0; i < 3; ++i) Submit("e" + std::to_string(i)).wait();
  for (int i = 0; i < 3; ++i) {
    auto done = std::make_shared<std::promise<AppendResult>>();
    sequencer_->SubmitEvent(Closed{"test"}, [done](AppendResult result) { done->set_value(std::move(result)); });
    EXPECT_TRUE(StatusOf(done->get_future().get()).ok());
  }
}

TEST_F(StalledIndexTest, AStoppedIndexRefusesAppendsInsteadOfHoldingThem) {
  std::vector<std::future<AppendResult>> results;
  for (int i = 0; i < 5; ++i) results.push_back(Submit("e" + std::to_string(i)));
  results[2].wait();
  indexed_.Stop(Corruption("a damaged block"));
  for (int i = 3; i < 5; ++i) {
    const Status status = StatusOf(results[static_cast<size_t>(i)].get());
    EXPECT_EQ(status.code(), Code::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr("a damaged block"));
  }
  EXPECT_EQ(StatusOf(Submit("e9").get()).code(), Code::kUnavailable);
  sequencer_->Stop();
}

}  // namespace
}  // namespace envledger
