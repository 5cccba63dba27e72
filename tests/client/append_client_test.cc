#include "ledger/client/append_client.h"

#include <gmock/gmock.h>

#include <atomic>
#include <numeric>
#include <thread>

#include "ledger/codec/transition.h"
#include "tests/client/fake_daemon.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Act = FakeDaemon::Act;
using Acknowledgments = Result<std::vector<Acknowledgment>>;

class AppendClientTest : public testing::Test {
 protected:
  void Connect(AppendClientOptions options = {}, milliseconds retry_delay = milliseconds(1)) {
    options.socket_path = path_;
    options.retry_delay = retry_delay;
    options.max_retry_delay = 10 * retry_delay;
    client_ = AppendClient::Create(options);
  }
  std::future<Acknowledgments> Append(std::string transition) {
    std::vector<AppendRecord> records;
    records.push_back({std::move(transition), std::nullopt});
    return client_->AppendBatch(std::move(records));
  }
  bool WaitForReceived(size_t count) {
    return WaitUntil([&] { return daemon_.Received() >= count; }, seconds(20));
  }

  TempDir directory_;
  const std::string path_ = directory_.path() + "/append.sock";
  FakeDaemon daemon_{path_};
  std::unique_ptr<AppendClient> client_;
};

Transition SomeTransition() {
  Transition transition;
  transition.envelope_id = "envelope-1";
  transition.stage = Stage::kRequested;
  transition.occurred_at = 1'700'000'000 * kSecond;
  transition.identity.emplace().requester = {PrincipalKind::kUser, "https://idp.example", "alice"};
  transition.execution.emplace().kind = ExecutionKind::kInference;
  transition.scope.emplace().binding = ScopeBinding::kUnbound;
  transition.scope->kind = "project";
  transition.requested.emplace();
  return transition;
}

TEST_F(AppendClientTest, ATransitionIsEncodedAppendedAndAcknowledged) {
  daemon_.Start();
  Connect();
  const Transition transition = SomeTransition();
  const Result<Acknowledgment> acknowledgment = client_->Append(transition, 7).get();
  ASSERT_TRUE(acknowledgment.ok()) << acknowledgment.status().ToString();
  EXPECT_EQ(acknowledgment->envelope_revision, 7u);
  EXPECT_FALSE(acknowledgment->replayed);
  EXPECT_THAT(daemon_.Appended(), ElementsAre(*EncodeTransition(transition)));
}

TEST_F(AppendClientTest, ATransitionThatCannotBeEncodedIsRefusedWithoutTheDaemon) {
  Connect();
  Transition transition = SomeTransition();
  transition.identity.reset();
  EXPECT_EQ(client_->Append(transition).get().status().code(), Code::kInvalidArgument);
}

TEST_F(AppendClientTest, ABatchGetsOneAcknowledgmentARecord) {
  daemon_.Start();
  Connect();
  const Acknowledgments result = client_->AppendBatch({{"a", 0}, {"b", 1}, {"c", 2}}).get();
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(result->size(), 3u);
  EXPECT_EQ((*result)[2].seq, 2u);
  EXPECT_EQ((*result)[2].envelope_revision, 2u);
  EXPECT_EQ(daemon_.Received(), 1u);
}

TEST_F(AppendClientTest, ManyAppendsArePipelinedAndCallbacksComeInOrder) {
  daemon_.Start();
  Connect();
  std::vector<int> order;  // touched by the client's thread alone, until Flush
  std::vector<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    expected.push_back(std::to_string(i));
    client_->AppendBatchAsync({{expected.back(), std::nullopt}}, [&order, i](Acknowledgments result, const ErrorInfo*) {
      EXPECT_TRUE(result.ok());
      order.push_back(i);
    });
  }
  client_->Flush();
  std::vector<int> in_order(2000);
  std::iota(in_order.begin(), in_order.end(), 0);
  EXPECT_EQ(order, in_order);
  EXPECT_EQ(daemon_.Appended(), expected);
}

TEST_F(AppendClientTest, SeveralThreadsShareOneClient) {
  daemon_.Start();
  Connect();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) EXPECT_TRUE(Append(std::to_string(t) + "/" + std::to_string(i)).get().ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(daemon_.Appended().size(), 400u);
}

TEST_F(AppendClientTest, NoMoreThanTheLimitAreUnansweredAtATime) {
  daemon_.SetScript([](size_t, const auto&) { return Act::kHold; });
  daemon_.Start();
  Connect({.max_inflight_requests = 3});
  for (int i = 0; i < 10; ++i) {
    client_->AppendBatchAsync({{std::to_string(i), std::nullopt}},
                              [](Acknowledgments result, const ErrorInfo*) { EXPECT_TRUE(result.ok()); });
  }
  for (size_t received = 3; received <= 9; received += 3) {
    ASSERT_TRUE(WaitForReceived(received));
    EXPECT_EQ(daemon_.Received(), received);
    daemon_.AnswerHeld();
  }
  ASSERT_TRUE(WaitForReceived(10));
  daemon_.AnswerHeld();
  client_->Flush();
  EXPECT_EQ(daemon_.Appended().size(), 10u);
}

TEST_F(AppendClientTest, ABrokenConnectionIsHiddenAndEachRecordIsAppendedOnce) {
  // Every 7th request breaks the connection, every other time after it was appended.
  daemon_.SetScript([](size_t nth, const auto&) {
    if (nth % 7 != 6) return Act::kAppend;
    return nth % 2 == 0 ? Act::kDrop : Act::kAppendAndDrop;
  });
  daemon_.Start();
  Connect({.max_inflight_requests = 4});
  std::vector<std::future<Acknowledgments>> results;
  for (int i = 0; i < 100; ++i) results.push_back(Append(std::to_string(i)));
  std::vector<std::string> expected;
  for (size_t i = 0; i < results.size(); ++i) {
    const Acknowledgments result = results[i].get();
    ASSERT_TRUE(result.ok()) << result.status().ToString();
    EXPECT_EQ(result->front().seq, i);
    expected.push_back(std::to_string(i));
  }
  EXPECT_EQ(daemon_.Appended(), expected);
  EXPECT_GT(daemon_.Replays(), 0u);
}

TEST_F(AppendClientTest, ADaemonThatRestartsInTheMiddleIsFoundAgain) {
  daemon_.SetScript([](size_t, const auto&) { return Act::kHold; });
  daemon_.Start();
  Connect();
  std::future<Acknowledgments> first = Append("first");
  std::future<Acknowledgments> second = Append("second");
  ASSERT_TRUE(WaitForReceived(2));
  daemon_.Stop();
  daemon_.SetScript(nullptr);
  daemon_.Start();
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  EXPECT_THAT(daemon_.Appended(), ElementsAre("first", "second"));
}

TEST_F(AppendClientTest, ADaemonThatComesLaterIsWaitedFor) {
  Connect();
  std::future<Acknowledgments> result = Append("early");
  EXPECT_EQ(result.wait_for(milliseconds(30)), std::future_status::timeout);
  daemon_.Start();
  EXPECT_TRUE(result.get().ok());
}

TEST_F(AppendClientTest, AnIdleClientReconnectsAfterARestart) {
  daemon_.Start();
  Connect();
  EXPECT_TRUE(Append("1").get().ok());
  daemon_.Stop();
  daemon_.Start();
  EXPECT_TRUE(Append("2").get().ok());
  EXPECT_EQ(daemon_.Replays(), 0u);
}

TEST_F(AppendClientTest, UnavailableIsTriedAgainUntilItWorks) {
  daemon_.refusal.status = Unavailable("busy");
  daemon_.SetScript([](size_t nth, const auto&) { return nth < 5 ? Act::kRefuse : Act::kAppend; });
  daemon_.Start();
  Connect();
  std::future<Acknowledgments> first = Append("first");
  std::future<Acknowledgments> second = Append("second");
  EXPECT_TRUE(first.get().ok());
  EXPECT_TRUE(second.get().ok());
  EXPECT_THAT(daemon_.Appended(), UnorderedElementsAre("first", "second"));
}

TEST_F(AppendClientTest, UnavailableUntilTheDeadlineIsReportedWithTheLedgersWords) {
  daemon_.refusal.status = Unavailable("the disk is full");
  daemon_.SetScript([](size_t, const auto&) { return Act::kRefuse; });
  daemon_.Start();
  Connect({.deadline = milliseconds(500)}, seconds(60));  // refused once, and not asked again before the deadline
  const Status status = Append("x").get().status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("the disk is full"));
}

TEST_F(AppendClientTest, WithoutADaemonTheDeadlineSaysThatNothingWasSent) {
  Connect({.deadline = milliseconds(50)});
  const Status status = Append("x").get().status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr(path_));
}

TEST_F(AppendClientTest, WithoutAnAnswerTheDeadlineSaysThatTheOutcomeIsUnknown) {
  daemon_.SetScript([](size_t, const auto&) { return Act::kHold; });
  daemon_.Start();
  Connect({.deadline = milliseconds(500)});
  EXPECT_EQ(Append("x").get().status().code(), Code::kUnknownOutcome);
  daemon_.AnswerHeld();  // too late, and no harm
  daemon_.SetScript(nullptr);
  const Acknowledgments again = Append("x").get();
  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_TRUE(again->front().replayed);
}

TEST_F(AppendClientTest, AnUnknownOutcomeOfTheLedgerIsReportedAtOnce) {
  daemon_.refusal.status = Status(Code::kUnknownOutcome, "the disk failed");
  daemon_.SetScript([](size_t, const auto&) { return Act::kRefuse; });
  daemon_.Start();
  Connect();
  EXPECT_EQ(Append("x").get().status().code(), Code::kUnknownOutcome);
  EXPECT_EQ(daemon_.Received(), 1u);
}

TEST_F(AppendClientTest, ARefusedBatchTellsTheItemTheStageAndTheRevision) {
  daemon_.refusal = {.status = Conflict("legal-move", "denied cannot follow granted"),
                     .item = 1,
                     .stage = Stage::kGranted,
                     .revision = 3};
  daemon_.SetScript([](size_t, const auto&) { return Act::kRefuse; });
  daemon_.Start();
  Connect();
  std::promise<ErrorInfo> told;
  client_->AppendBatchAsync({{"a", 0}, {"b", 1}}, [&](Acknowledgments result, const ErrorInfo* refusal) {
    EXPECT_EQ(result.status().code(), Code::kConflict);
    EXPECT_EQ(result.status().rule(), "legal-move");
    told.set_value(refusal == nullptr ? ErrorInfo{} : *refusal);
  });
  const ErrorInfo refusal = told.get_future().get();
  EXPECT_EQ(refusal.item, 1);
  EXPECT_EQ(refusal.stage, Stage::kGranted);
  EXPECT_EQ(refusal.revision, 3u);
  EXPECT_THAT(daemon_.Appended(), IsEmpty());
}

TEST_F(AppendClientTest, AClientThatIsNotAdmittedIsToldAtOnce) {
  daemon_.admit = Status(Code::kNotPermitted, "peer", "this user may not append");
  daemon_.Start();
  Connect();
  const Status status = Append("x").get().status();
  EXPECT_EQ(status.code(), Code::kNotPermitted);
  EXPECT_EQ(status.rule(), "peer");
}

TEST_F(AppendClientTest, AClientWhoseIdleConnectionMadeRoomForAnotherConnectsAgain) {
  daemon_.Start({.max_connections = 1});
  Connect();
  const std::unique_ptr<AppendClient> other = std::move(client_);
  Connect();
  for (const char* transition : {"1", "2", "3"}) {
    EXPECT_TRUE(other->AppendBatch({{transition, std::nullopt}}).get().ok());
    EXPECT_TRUE(Append(std::string(transition) + "!").get().ok());
  }
  EXPECT_THAT(daemon_.Appended(), ElementsAre("1", "1!", "2", "2!", "3", "3!"));
}

TEST_F(AppendClientTest, ARequestAboveTheDaemonsFrameLimitFailsAndTheOthersPass) {
  daemon_.Start({.max_frame_bytes = 1000});
  Connect();
  std::future<Acknowledgments> before = Append("before");
  std::future<Acknowledgments> large = Append(std::string(5000, 'x'));
  std::future<Acknowledgments> after = Append("after");
  EXPECT_TRUE(before.get().ok());
  EXPECT_EQ(large.get().status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(after.get().ok());
  EXPECT_THAT(daemon_.Appended(), ElementsAre("before", "after"));
}

TEST_F(AppendClientTest, ADaemonThatTalksNonsenseIsLeftAndAskedAgain) {
  daemon_.SetScript([](size_t nth, const auto&) { return nth < 2 ? Act::kNonsense : Act::kAppend; });
  daemon_.Start();
  Connect();
  EXPECT_TRUE(Append("x").get().ok());
}

TEST_F(AppendClientTest, AFullQueueBlocksItsCallerUntilThereIsRoom) {
  daemon_.SetScript([](size_t, const auto&) { return Act::kHold; });
  daemon_.Start();
  Connect({.max_queued_bytes = 10'000});
  std::future<Acknowledgments> first = Append(std::string(6000, 'a'));
  ASSERT_TRUE(WaitForReceived(1));
  std::atomic<bool> returned = false;
  std::thread caller([&] {
    std::future<Acknowledgments> second = Append(std::string(6000, 'b'));
    returned = true;
    EXPECT_TRUE(second.get().ok());
  });
  EXPECT_FALSE(WaitUntil([&] { return returned.load(); }, milliseconds(30)));
  daemon_.SetScript(nullptr);
  daemon_.AnswerHeld();
  caller.join();
  EXPECT_TRUE(first.get().ok());
}

TEST_F(AppendClientTest, AFullQueueTurnsItsCallerAwayAtTheDeadline) {
  daemon_.SetScript([](size_t, const auto&) { return Act::kHold; });
  daemon_.Start();
  Connect({.deadline = milliseconds(500), .max_queued_bytes = 10'000});
  std::vector<std::future<Acknowledgments>> results;
  results.push_back(Append(std::string(9000, 'a')));
  ASSERT_TRUE(WaitForReceived(1));
  EXPECT_EQ(Append(std::string(20'000, 'c')).get().status().code(), Code::kResourceExhausted);
  // Blocks until the deadline of the first frees the queue, or its own passes: both are later than this call.
  const Code code = Append(std::string(9000, 'b')).get().status().code();
  EXPECT_TRUE(code == Code::kUnavailable || code == Code::kUnknownOutcome) << CodeName(code);
  EXPECT_EQ(results.front().get().status().code(), Code::kUnknownOutcome);
}

TEST_F(AppendClientTest, ACallbackMayAppendAndIsNeverBlocked) {
  daemon_.Start();
  Connect({.max_queued_bytes = 10'000});
  std::promise<std::pair<Code, Code>> nested;
  Code small = Code::kInternal;
  client_->AppendBatchAsync({{std::string(6000, 'a'), std::nullopt}}, [&](Acknowledgments, const ErrorInfo*) {
    client_->AppendBatchAsync({{"small", std::nullopt}},
                              [&](Acknowledgments result, const ErrorInfo*) { small = result.status().code(); });
    client_->AppendBatchAsync({{std::string(6000, 'b'), std::nullopt}}, [&](Acknowledgments result, const ErrorInfo*) {
      nested.set_value({small, result.status().code()});
    });
  });
  // The first still counts while its callback runs, so the large one finds no room; the small one does.
  EXPECT_EQ(nested.get_future().get().second, Code::kUnavailable);
  client_->Flush();
  EXPECT_EQ(small, Code::kOk);
}

TEST_F(AppendClientTest, TheDestructorAnswersEverythingThatWaits) {
  daemon_.SetScript([](size_t, const auto&) { return Act::kHold; });
  daemon_.Start();
  Connect({.max_inflight_requests = 2});
  std::vector<std::future<Acknowledgments>> results;
  for (int i = 0; i < 4; ++i) results.push_back(Append(std::to_string(i)));
  ASSERT_TRUE(WaitForReceived(2));
  client_.reset();
  std::vector<Code> codes;
  for (auto& result : results) codes.push_back(result.get().status().code());
  EXPECT_THAT(codes, ElementsAre(Code::kUnknownOutcome, Code::kUnknownOutcome, Code::kUnavailable, Code::kUnavailable));
}

TEST_F(AppendClientTest, AnUnusedClientIsDestroyedAtOnceAndNeverConnects) {
  daemon_.Start();
  Connect();
  client_->Flush();
  client_.reset();
  EXPECT_EQ(daemon_.Stats().accepted, 0u);
}

}  // namespace
}  // namespace envledger
