#include "ledger/client/append_queue.h"

#include <gmock/gmock.h>

#include "ledger/transport/frame.h"

namespace envledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AppendQueueTest : public testing::Test {
 protected:
  using Time = AppendQueue::Time;
  static constexpr Time At(int second) { return Time(std::chrono::seconds(second)); }

  void Add(uint64_t correlation, int deadline = 100) {
    queue_.Add(correlation, "request " + std::to_string(correlation), 1, At(deadline), nullptr);
  }
  // Everything that may be sent now.
  std::vector<std::string> Send(size_t max_inflight = 100) {
    std::vector<std::string> sent;
    while (const std::string* request = queue_.NextToSend(max_inflight)) sent.push_back(*request);
    return sent;
  }
  Status Acknowledge(uint64_t correlation) {
    return queue_.OnResponse(
        {.correlation = correlation, .body = AppendResponse{{Acknowledgment{.seq = correlation}}}});
  }
  Status Refuse(uint64_t correlation, Code code, std::string rule = "") {
    ErrorInfo refusal;
    refusal.status = Status(code, std::move(rule), "because");
    return queue_.OnResponse({.correlation = correlation, .body = std::move(refusal)});
  }
  // "1: ok", "2: conflict", ... as answered since the last call.
  std::vector<std::string> Answers() {
    std::vector<std::string> texts;
    const std::vector<AppendQueue::Answer> answers = queue_.TakeAnswers();
    for (const AppendQueue::Answer& answer : answers) {
      texts.push_back(std::to_string(answer.correlation) + ": " + std::string(CodeName(answer.result.status().code())));
    }
    queue_.Forget(answers);
    return texts;
  }

  AppendQueue queue_;
};

TEST_F(AppendQueueTest, SendsInTheOrderOfNumbersAndNoMoreThanAllowed) {
  Add(2);
  Add(1);
  Add(3);
  EXPECT_THAT(Send(2), ElementsAre("request 1", "request 2"));
  EXPECT_THAT(Send(2), IsEmpty());
  EXPECT_TRUE(Acknowledge(1).ok());
  EXPECT_THAT(Send(2), ElementsAre("request 3"));
}

TEST_F(AppendQueueTest, ANumberThatComesLateIsStillSent) {
  Add(2);
  EXPECT_THAT(Send(), ElementsAre("request 2"));
  Add(1);
  EXPECT_THAT(Send(), ElementsAre("request 1"));
  EXPECT_TRUE(Acknowledge(2).ok());
  EXPECT_TRUE(Acknowledge(1).ok());
  EXPECT_THAT(Answers(), ElementsAre("2: ok", "1: ok"));
}

TEST_F(AppendQueueTest, AfterABrokenConnectionWhatIsUnansweredIsSentAgain) {
  for (uint64_t i = 1; i <= 4; ++i) Add(i);
  Send(3);
  EXPECT_TRUE(Acknowledge(1).ok());
  queue_.Disconnected();
  EXPECT_THAT(Send(), ElementsAre("request 2", "request 3", "request 4"));
}

TEST_F(AppendQueueTest, AtTheDeadlineTheOutcomeIsUnknownOnlyOfWhatWasSent) {
  Add(1, 10);
  Add(2, 10);
  Add(3, 11);
  Send(1);
  queue_.Disconnected();
  queue_.Expire(At(9), "");
  EXPECT_THAT(Answers(), IsEmpty());
  queue_.Expire(At(10), "no route");
  EXPECT_THAT(Answers(), ElementsAre("1: unknown outcome", "2: unavailable"));
  EXPECT_EQ(queue_.NextDeadline(), At(11));
}

TEST_F(AppendQueueTest, AnAnswerAfterTheDeadlineIsPassedOver) {
  Add(1, 10);
  Add(2, 20);
  Send();
  queue_.Expire(At(10), "");
  EXPECT_THAT(Answers(), ElementsAre("1: unknown outcome"));
  EXPECT_TRUE(Acknowledge(1).ok());
  EXPECT_TRUE(Acknowledge(2).ok());
  EXPECT_THAT(Answers(), ElementsAre("2: ok"));
}

TEST_F(AppendQueueTest, WhatTheLedgerCannotTakeNowIsSentAgainInOrder) {
  for (uint64_t i = 1; i <= 5; ++i) Add(i);
  Send(4);
  EXPECT_TRUE(Acknowledge(1).ok());
  EXPECT_TRUE(Refuse(2, Code::kUnavailable).ok());
  EXPECT_TRUE(queue_.holding());
  EXPECT_TRUE(Refuse(3, Code::kConflict).ok());  // perhaps only because 2 is missing
  EXPECT_TRUE(Acknowledge(4).ok());
  EXPECT_THAT(Send(), IsEmpty());
  EXPECT_EQ(queue_.inflight(), 0u);
  EXPECT_THAT(Answers(), ElementsAre("1: ok", "4: ok"));
  queue_.Release();
  EXPECT_THAT(Send(), ElementsAre("request 2", "request 3", "request 5"));
  EXPECT_TRUE(Acknowledge(2).ok());
  EXPECT_TRUE(Refuse(3, Code::kConflict).ok());  // believed now
  EXPECT_THAT(Answers(), ElementsAre("2: ok", "3: conflict"));
}

TEST_F(AppendQueueTest, AnUnknownOutcomeIsReportedEvenWhileHolding) {
  Add(1);
  Add(2);
  Send();
  EXPECT_TRUE(Refuse(1, Code::kUnavailable).ok());
  EXPECT_TRUE(Refuse(2, Code::kUnknownOutcome).ok());
  EXPECT_THAT(Answers(), ElementsAre("2: unknown outcome"));
}

TEST_F(AppendQueueTest, WhatTheLedgerRefusedForNowIsNotOfUnknownOutcome) {
  Add(1, 10);
  Send();
  EXPECT_TRUE(Refuse(1, Code::kUnavailable).ok());
  queue_.Expire(At(10), "");
  EXPECT_THAT(Answers(), ElementsAre("1: unavailable"));
}

TEST_F(AppendQueueTest, AnAnswerOutOfTurnOrThatDoesNotFitEndsTheConnection) {
  Add(1);
  Add(2);
  EXPECT_EQ(Acknowledge(1).code(), Code::kInternal);  // not even sent
  Send();
  EXPECT_EQ(Acknowledge(2).code(), Code::kInternal);
  EXPECT_EQ(queue_.OnResponse({.correlation = 1, .body = AppendResponse{}}).code(), Code::kInternal);
  EXPECT_THAT(Answers(), ElementsAre("1: internal error"));
}

TEST_F(AppendQueueTest, APeerThatIsNotPermittedIsToldAtOnce) {
  Add(1);
  Add(2);
  Send(1);
  EXPECT_EQ(Refuse(0, Code::kNotPermitted).code(), Code::kNotPermitted);
  queue_.Disconnected();
  EXPECT_THAT(Answers(), ElementsAre("1: not permitted", "2: not permitted"));
}

TEST_F(AppendQueueTest, TooManyConnectionsIsTriedAgainAndNothingWasHandled) {
  Add(1, 10);
  Send();
  EXPECT_FALSE(Refuse(0, Code::kResourceExhausted, "max-connections").ok());
  queue_.Disconnected();
  EXPECT_THAT(Answers(), IsEmpty());
  EXPECT_THAT(Send(), ElementsAre("request 1"));
  EXPECT_FALSE(Refuse(0, Code::kUnavailable).ok());
  queue_.Disconnected();
  queue_.Expire(At(10), "");
  EXPECT_THAT(Answers(), ElementsAre("1: unavailable"));
}

TEST_F(AppendQueueTest, AFrameThatIsTooLargeFailsAloneAndTheRestIsSentAgain) {
  Add(1);
  Add(2, 10);
  Send();
  EXPECT_FALSE(Refuse(0, Code::kResourceExhausted, std::string(kMaxFrameBytesRule)).ok());
  queue_.Disconnected();
  EXPECT_THAT(Answers(), ElementsAre("1: resource exhausted"));
  EXPECT_THAT(Send(), ElementsAre("request 2"));
}

TEST_F(AppendQueueTest, AfterABreakARefusedConnectionLeavesTheOutcomeUnknown) {
  Add(1);
  Send();
  queue_.Disconnected();
  Send();
  EXPECT_FALSE(Refuse(0, Code::kNotPermitted).ok());
  EXPECT_THAT(Answers(), ElementsAre("1: unknown outcome"));
}

TEST_F(AppendQueueTest, AnAppendIsDoneWhenItsAnswerWasDelivered) {
  Add(1);
  queue_.AddFailed(2, nullptr, Unavailable("full"));
  EXPECT_FALSE(queue_.DoneUpTo(1));
  Send();
  EXPECT_TRUE(Acknowledge(1).ok());
  EXPECT_FALSE(queue_.DoneUpTo(1));
  EXPECT_FALSE(queue_.waiting());
  EXPECT_GT(queue_.bytes(), 0u);
  EXPECT_THAT(Answers(), ElementsAre("2: unavailable", "1: ok"));
  EXPECT_TRUE(queue_.DoneUpTo(2));
  EXPECT_EQ(queue_.bytes(), 0u);
}

}  // namespace
}  // namespace envledger
