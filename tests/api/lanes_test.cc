// Who waits for whom on the audit socket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "ledger/api/audit_api.h"
#include "tests/api/api_fixture.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;

class LanesTest : public ::testing::Test {
 protected:
  void Open(const AuditApiOptions& options) {
    ledger_.Open();
    api_ = std::make_unique<AuditApi>(
        ledger_.ledger(), options, [] { return std::vector<Gauge>(); }, [] { return uint64_t{0}; });
  }
  void TearDown() override {
    LetGo();
    api_.reset();
    ledger_.Close();
  }
  // A question that holds its thread until LetGo: it is asked whether its client is gone, and takes its time.
  void Hold(const RequestBody& body) {
    auto begun = std::make_shared<std::promise<void>>();
    auto is_begun = begun->get_future();
    Interest slow;
    slow.gone = [this, begun = std::move(begun), told = std::make_shared<std::atomic<bool>>(false)] {
      if (!told->exchange(true)) begun->set_value();
      let_go_.wait();
      return false;
    };
    api_->Handle(
        std::make_shared<const Recorder>(kPeer), EncodeRequest({1, body}), [](const EncodeFrame&) {}, std::move(slow));
    is_begun.wait();
  }
  void LetGo() {
    if (!let_go_.try_wait()) let_go_.count_down();
  }
  ResponseBody Ask(const RequestBody& body) { return Decoded(SendFrameTo(*api_, EncodeRequest({1, body}))).body; }

  std::latch let_go_{1};
  TestLedger ledger_;
  std::unique_ptr<AuditApi> api_;
};

QueryRequest Scan() {
  QueryRequest scan;
  scan.scan = true;
  return scan;
}

TEST_F(LanesTest, PingStatusAndSigningWaitForNoQuestion) {
  Open({.workers = 2});
  Hold(EntriesRequest{});
  Hold(QueryRequest{});
  Hold(Scan());
  EXPECT_TRUE(std::holds_alternative<PingResponse>(Ask(PingRequest{})));
  EXPECT_TRUE(std::holds_alternative<StatusResponse>(Ask(StatusRequest{})));
  EXPECT_TRUE(std::holds_alternative<CheckpointsResponse>(Ask(CheckpointsRequest{.latest = true, .sign_now = true})));
}

TEST_F(LanesTest, ScansHoldUpNothingButScans) {
  Open({.workers = 1});
  Hold(Scan());
  auto second = SendFrameTo(*api_, EncodeRequest({1, Scan()}));
  EXPECT_TRUE(std::holds_alternative<QueryResponse>(Ask(QueryRequest{})));
  EXPECT_EQ(second.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  LetGo();
  EXPECT_TRUE(std::holds_alternative<QueryResponse>(Decoded(std::move(second)).body));
}

TEST_F(LanesTest, SigningHoldsUpNothingElse) {
  Open({.workers = 1});
  Hold(CheckpointsRequest{.latest = true, .sign_now = true});
  EXPECT_TRUE(std::holds_alternative<StatusResponse>(Ask(StatusRequest{})));
  EXPECT_TRUE(std::holds_alternative<EntriesResponse>(Ask(EntriesRequest{})));
  EXPECT_TRUE(std::holds_alternative<QueryResponse>(Ask(Scan())));
}

TEST_F(LanesTest, UsersTakeTurnsHoweverMuchOneAsks) {
  Open({.workers = 1});
  Hold(EntriesRequest{});
  std::vector<uint64_t> answered;
  std::latch all(6);
  const auto ask = [&](uid_t user, uint64_t correlation) {
    const Recorder peer{user, 1, 1, {}};
    api_->Handle(std::make_shared<const Recorder>(peer), EncodeRequest({correlation, EntriesRequest{}}),
                 [&](EncodeFrame encode) {  // on the only worker
                   answered.push_back(DecodeResponse(encode())->correlation);
                   all.count_down();
                 });
  };
  for (const uint64_t correlation : {11, 12, 13, 14}) ask(2000, correlation);
  ask(3000, 21);
  ask(4000, 31);
  LetGo();
  all.wait();
  EXPECT_THAT(answered, ElementsAre(11, 21, 31, 12, 13, 14));
}

TEST_F(LanesTest, WhoGoesAwayWhileItsAnswerIsMadeIsNotAnswered) {
  Open({.audit_queries = true});
  ledger_.MustAppend({Encoded(Opening("e1"))});
  const uint64_t before = ledger_.ledger().Describe().tree_size;
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = held;
  auto asked = std::make_shared<std::atomic<int>>(0);
  api_->Handle(std::make_shared<const Recorder>(kPeer), EncodeRequest({1, EntriesRequest{}}),
               [held = std::move(held)](const EncodeFrame&) { ADD_FAILURE() << "nobody reads this"; },
               {[asked] { return (*asked)++ > 0; }, {}});
  EXPECT_TRUE(WaitUntil([&] { return alive.expired(); }, std::chrono::seconds(20)));
  EXPECT_EQ(*asked, 2);
  EXPECT_EQ(ledger_.ledger().Describe().tree_size, before) << "and is not on the record";
}

TEST_F(LanesTest, WhoAsksFasterThanMayBeRecordedWaitsAndOthersDoNot) {
  Open({.audit_queries = true, .recorded_per_second = 1});
  ledger_.MustAppend({Encoded(Opening("e1"))});
  for (uint64_t i = 0; i < kRecordedBurst; ++i) Ask(EnvelopeRequest{"e1"});
  auto next = SendFrameTo(*api_, EncodeRequest({1, EnvelopeRequest{"e1"}}));
  std::promise<void> other_answered;
  const Recorder other{kPeer.uid + 1, 1, 1, {}};
  api_->Handle(std::make_shared<const Recorder>(other), EncodeRequest({1, EnvelopeRequest{"e1"}}),
               [&](const EncodeFrame&) { other_answered.set_value(); });
  other_answered.get_future().wait();
  EXPECT_TRUE(std::holds_alternative<StatusResponse>(Ask(StatusRequest{})));
  EXPECT_EQ(next.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  EXPECT_TRUE(std::holds_alternative<EnvelopeResponse>(Decoded(std::move(next)).body)) << "a second later";
}

TEST_F(LanesTest, AShutdownAnswersWhoIsMadeToWait) {
  Open({.audit_queries = true, .recorded_per_second = 1});
  for (uint64_t i = 0; i < kRecordedBurst; ++i) Ask(EnvelopeRequest{"none"});
  std::vector<Answer> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(SendFrameTo(*api_, EncodeRequest({1, EnvelopeRequest{"none"}})));
  api_.reset();
  for (Answer& one : waiting) EXPECT_TRUE(std::holds_alternative<ErrorInfo>(Decoded(std::move(one)).body));
}

}  // namespace
}  // namespace envledger
