#include "ledger/api/append_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/api/api_fixture.h"
#include "tests/support/fault_env.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

class AppendApiTest : public ::testing::Test {
 protected:
  static constexpr size_t kMaxItems = 3;

  void SetUp() override {
    ledger_.Open();
    Begin();
  }
  void Begin() {
    api_ = std::make_unique<AppendApi>(ledger_.ledger(), AppendApiOptions{.max_batch_items = kMaxItems});
    producer_ = api_->Connect(std::make_shared<const Recorder>(kPeer));
  }
  Answer SendBytes(std::string frame) { return SendFrameTo(*api_, producer_, std::move(frame)); }
  Answer Send(const RequestBody& body) { return SendBytes(EncodeRequest({9, body})); }
  Response Ask(const RequestBody& body) { return Decoded(Send(body)); }
  static AppendRequest Appending(const std::vector<std::string>& transitions) {
    AppendRequest request;
    for (const std::string& transition : transitions) request.items.push_back({transition, std::nullopt});
    return request;
  }
  // How often the peer was refused by `rule`, as `status` tells.
  uint64_t Refused(const std::string& rule) {
    uint64_t count = 0;
    for (const RefusalCount& refusal : ledger_.ledger().Describe().refusals) {
      EXPECT_EQ(refusal.uid, kPeer.uid);
      EXPECT_EQ(refusal.producer, kPeer.producer);
      if (refusal.rule == rule) count += refusal.count;
    }
    return count;
  }

  FaultEnv fault_;
  TestLedger ledger_;
  std::unique_ptr<AppendApi> api_;
  std::shared_ptr<AppendApi::Producer> producer_;
};

TEST_F(AppendApiTest, AnAppendIsAnsweredWithAcknowledgmentsInItsOrder) {
  const std::vector<std::string> transitions = {Encoded(Opening("e1")), Encoded(Opening("e2")),
                                                Encoded(Later(Stage::kAdmitted, "e1"))};
  const Response response = Ask(Appending(transitions));
  EXPECT_EQ(response.correlation, 9u);
  const auto* answer = std::get_if<AppendResponse>(&response.body);
  ASSERT_NE(answer, nullptr) << StatusOf(response.body).ToString();
  ASSERT_EQ(answer->acknowledgments.size(), 3u);
  const std::vector<std::string> entries = TestLedger::Entries(ledger_.data_dir());
  for (size_t i = 0; i < 3; ++i) {
    const Acknowledgment& ack = answer->acknowledgments[i];
    ASSERT_LT(ack.seq, entries.size());
    const auto entry = CheckEntry(entries[ack.seq]);
    ASSERT_TRUE(entry.ok());
    EXPECT_EQ(entry->transition, transitions[i]);
    EXPECT_EQ(entry->header.recorder, kPeer);
  }
}

TEST_F(AppendApiTest, APingIsAnswered) { EXPECT_TRUE(std::holds_alternative<PingResponse>(Ask(PingRequest{}).body)); }

TEST_F(AppendApiTest, NothingCanBeReadAndEachAttemptIsCounted) {
  const std::vector<RequestBody> reads = {
      QueryRequest{},       EnvelopeRequest{"e1"}, PrincipalsRequest{},          EntriesRequest{},
      CheckpointsRequest{}, StatusRequest{},       InclusionProofRequest{0, {}}, ConsistencyProofRequest{1, {}},
      EventsRequest{},      FollowRequest{}};
  ASSERT_EQ(reads.size() + 2, std::variant_size_v<RequestBody>) << "all but append and ping";
  uint64_t count = 0;
  for (const RequestBody& read : reads) {
    const Response response = Ask(read);
    EXPECT_EQ(response.correlation, 9u);
    EXPECT_EQ(StatusOf(response.body).code(), Code::kNotPermitted) << read.index();
    EXPECT_EQ(StatusOf(response.body).rule(), "socket") << read.index();
    EXPECT_EQ(Refused("not permitted (socket)"), ++count);
  }
}

TEST_F(AppendApiTest, WhatIsNoRequestIsRefusedWithItsCorrelationAsFarAsItCanBeRead) {
  std::string frame = EncodeRequest({9, Appending({Encoded(Opening("e1"))})});
  const Response garbage = Decoded(SendBytes("garbage"));
  EXPECT_EQ(garbage.correlation, 0u);
  EXPECT_EQ(StatusOf(garbage.body).code(), Code::kInvalidArgument);
  const Response trailing = Decoded(SendBytes(frame + "more"));
  EXPECT_EQ(StatusOf(trailing.body).code(), Code::kInvalidArgument);
  EXPECT_EQ(trailing.correlation, CorrelationOf(frame + "more"));
  EXPECT_EQ(ledger_.ledger().Describe().refusals.size(), 1u) << "both by one rule";
}

TEST_F(AppendApiTest, AnAppendOfNothingOrOfTooMuchIsRefusedWhole) {
  EXPECT_EQ(StatusOf(Ask(AppendRequest{}).body).rule(), "items");
  const std::vector<std::string> four(kMaxItems + 1, Encoded(Opening("e1")));
  const Response response = Ask(Appending(four));
  EXPECT_EQ(StatusOf(response.body).code(), Code::kResourceExhausted);
  EXPECT_EQ(StatusOf(response.body).rule(), "max-batch-items");
  EXPECT_THAT(StatusOf(response.body).message(), HasSubstr("at most 3"));
  EXPECT_EQ(Refused("resource exhausted (max-batch-items)"), 1u);
  EXPECT_EQ(ledger_.ledger().Describe().tree_size, 2u);
}

TEST_F(AppendApiTest, AMalformedTransitionIsNamedByItsPlaceAndRefusesTheBatch) {
  const std::string good = Encoded(Opening("e1"));
  const Response response = Ask(Appending({good, good.substr(0, good.size() / 2), good}));
  const auto* error = std::get_if<ErrorInfo>(&response.body);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->item, 1);
  EXPECT_EQ(error->status.code(), Code::kInvalidArgument);
  EXPECT_EQ(ledger_.ledger().Describe().tree_size, 2u);
}

TEST_F(AppendApiTest, ARefusalByTheLedgerTellsTheItemAndWhereTheEnvelopeStands) {
  Ask(Appending({Encoded(Opening("e1"))}));
  const Response response = Ask(Appending({Encoded(Opening("e2")), Encoded(Grant("e1"))}));
  const auto* error = std::get_if<ErrorInfo>(&response.body);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->item, 1);
  EXPECT_EQ(error->stage, Stage::kRequested);
  EXPECT_EQ(error->revision, 0u);
  EXPECT_EQ(Refused("conflict (" + error->status.rule() + ")"), 1u);
}

// Encoding is left to whoever sends: what it needs must not be the ledger's.
TEST_F(AppendApiTest, AnAnswerCanBeEncodedWhenTheLedgerIsGone) {
  Answer answer = Send(Appending({Encoded(Opening("e1"))}));
  api_.reset();
  ledger_.Close();  // after what is queued was answered
  EXPECT_EQ(std::get<AppendResponse>(Decoded(std::move(answer)).body).acknowledgments.size(), 1u);
}

TEST_F(AppendApiTest, HandlingDoesNotWaitForTheDisk) {
  api_.reset();
  ledger_.Close();
  ledger_.options.log.env = fault_.env();
  ledger_.Open();
  Begin();
  fault_.Hold();
  Answer first = Send(Appending({Encoded(Opening("e1"))}));
  fault_.WaitUntilHeld();
  Answer second = Send(Appending({Encoded(Opening("e2"))}));
  EXPECT_TRUE(std::holds_alternative<PingResponse>(Ask(PingRequest{}).body));
  fault_.Release();
  EXPECT_TRUE(StatusOf(Decoded(std::move(first)).body).ok());
  EXPECT_TRUE(StatusOf(Decoded(std::move(second)).body).ok());
}

// A large one is checked by a worker, and the small ones after it must not overtake it.
TEST_F(AppendApiTest, TheRequestsOfOneProducerKeepTheirOrderWhateverTheirSize) {
  ASSERT_TRUE(StatusOf(Ask(Appending({Encoded(Opening("e1"))})).body).ok());
  Transition large = Later(Stage::kAnnotated, "e1");
  Outcome& outcome = large.outcome.emplace();
  outcome.reason = std::string(16'000, 'r');
  outcome.code = std::string(16'000, 'c');
  std::vector<Answer> answers;
  for (int i = 0; i < 40; ++i) {
    std::vector<std::string> items;
    for (int item = 0; item < (i % 4 == 0 ? 3 : 1); ++item) {
      Transition one = i % 4 == 0 ? large : Later(Stage::kAnnotated, "e1");
      one.note = std::to_string(i) + "-" + std::to_string(item);
      items.push_back(Encoded(one));
    }
    const std::string frame = EncodeRequest({9, Appending(items)});
    EXPECT_EQ(frame.size() > AppendApi::kQuickFrameBytes, i % 4 == 0);
    answers.push_back(SendBytes(frame));
  }
  uint64_t revision = 0;
  for (Answer& answer : answers) {
    const Response response = Decoded(std::move(answer));
    const auto* appended = std::get_if<AppendResponse>(&response.body);
    ASSERT_NE(appended, nullptr) << StatusOf(response.body).ToString();
    for (const Acknowledgment& one : appended->acknowledgments) EXPECT_EQ(one.envelope_revision, ++revision);
  }
  EXPECT_EQ(revision, 60u);
}

}  // namespace
}  // namespace envledger
