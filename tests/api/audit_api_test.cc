// What auditors are told, and what is sealed about it; and those who wait for what is not there yet.
#include "ledger/api/audit_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "ledger/api/query_record.h"
#include "ledger/store/layout.h"
#include "tests/api/api_fixture.h"
#include "tests/support/doctor.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AuditApiTest : public ::testing::Test {
 protected:
  void Open(AuditApiOptions options) {
    ledger_.Open();
    api_ = std::make_unique<AuditApi>(
        ledger_.ledger(), options,
        [] {
          return std::vector<Gauge>{{"more", 17}};
        },
        [this] { return unread_bytes_.load(); });
  }
  Answer Send(const RequestBody& body) { return SendFrameTo(*api_, EncodeRequest({1, body})); }
  static ResponseBody Body(Answer answer) { return Decoded(std::move(answer)).body; }
  ResponseBody Ask(const RequestBody& body) { return Body(Send(body)); }
  void TearDown() override {
    api_.reset();
    if (ledger_.is_open()) ledger_.Close();
  }
  uint64_t size() { return ledger_.ledger().Describe().tree_size; }
  // The query_served events, in order.
  std::vector<QueryServed> Recorded() {
    std::vector<QueryServed> events;
    const auto view = ledger_.ledger().CurrentView();
    const auto answer = RunEvents(*view, {"query_served", 0, 0}, {});
    for (const std::string& entry : answer->entries) events.push_back(std::get<QueryServed>(*CheckEntry(entry)->event));
    return events;
  }

  TestLedger ledger_;
  std::atomic<uint64_t> unread_bytes_ = 0;
  std::unique_ptr<AuditApi> api_;
};

TEST_F(AuditApiTest, EveryRequestHasItsAnswer) {
  Open({});
  ledger_.MustAppend({Encoded(Opening("e1"))});
  EXPECT_TRUE(std::holds_alternative<PingResponse>(Ask(PingRequest{})));
  EXPECT_TRUE(std::holds_alternative<QueryResponse>(Ask(QueryRequest{})));
  EXPECT_TRUE(std::holds_alternative<EnvelopeResponse>(Ask(EnvelopeRequest{"e1"})));
  EXPECT_TRUE(std::holds_alternative<PrincipalsResponse>(Ask(PrincipalsRequest{})));
  EXPECT_TRUE(std::holds_alternative<EntriesResponse>(Ask(EntriesRequest{})));
  EXPECT_TRUE(std::holds_alternative<EntriesResponse>(Ask(FollowRequest{})));
  EXPECT_TRUE(std::holds_alternative<CheckpointsResponse>(Ask(CheckpointsRequest{})));
  EXPECT_TRUE(std::holds_alternative<StatusResponse>(Ask(StatusRequest{})));
  EXPECT_TRUE(std::holds_alternative<InclusionProofResponse>(Ask(InclusionProofRequest{0, {}})));
  EXPECT_TRUE(std::holds_alternative<ConsistencyProofResponse>(Ask(ConsistencyProofRequest{1, {}})));
  EXPECT_TRUE(std::holds_alternative<EventsResponse>(Ask(EventsRequest{})));
}

TEST_F(AuditApiTest, NothingCanBeAppended) {
  Open({});
  const std::string transition = Encoded(Opening("e1"));
  const uint64_t before = size();
  const Status refused = StatusOf(Ask(AppendRequest{{{transition, std::nullopt}}}));
  EXPECT_EQ(refused.code(), Code::kNotPermitted);
  EXPECT_EQ(refused.rule(), "socket");
  EXPECT_EQ(size(), before);
}

TEST_F(AuditApiTest, WhatIsNoRequestIsRefused) {
  Open({});
  EXPECT_EQ(StatusOf(Decoded(SendFrameTo(*api_, "garbage")).body).code(), Code::kInvalidArgument);
}

TEST_F(AuditApiTest, StatusTellsWhatTheLedgerDoesNotKnow) {
  Open({});
  const auto answer = std::get<StatusResponse>(Ask(StatusRequest{}));
  EXPECT_TRUE(answer.healthy);
  EXPECT_EQ(answer.gauges.back().name, "more");
  EXPECT_EQ(answer.gauges.back().value, 17u);
}

TEST_F(AuditApiTest, ACheckpointIsSignedOnRequest) {
  Open({});
  ledger_.MustAppend({Encoded(Opening("e1"))});
  const auto answer = std::get<CheckpointsResponse>(Ask(CheckpointsRequest{.latest = true, .sign_now = true}));
  ASSERT_EQ(answer.notes.size(), 1u);
  EXPECT_THAT(answer.notes[0], HasSubstr("\n" + std::to_string(size()) + "\n"));
}

TEST_F(AuditApiTest, PagesAreSmallWhileManyAnswersWaitToBeRead) {
  AuditApiOptions options;
  options.max_unread_bytes = 1'000'000;
  Open(options);
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back(Encoded(Opening("e" + std::to_string(i))));
  ledger_.MustAppend(many);
  EXPECT_EQ(std::get<QueryResponse>(Ask(QueryRequest{})).envelopes.size(), 100u);
  unread_bytes_ = 500'000;
  EXPECT_EQ(std::get<QueryResponse>(Ask(QueryRequest{})).envelopes.size(), 100u);
  unread_bytes_ = 500'001;
  EXPECT_EQ(std::get<QueryResponse>(Ask(QueryRequest{})).envelopes.size(), 16u);
  EXPECT_EQ(std::get<EntriesResponse>(Ask(EntriesRequest{})).entries.size(), 64u);
}

// An answer is memory from when it is made, not from when a connection takes it.
TEST_F(AuditApiTest, AnswersOnTheirWayCountAsUnread) {
  for (const bool on_the_record : {false, true}) {
    AuditApiOptions options;
    options.max_unread_bytes = 200'000;
    options.audit_queries = on_the_record;
    Open(options);
    if (!on_the_record) {
      std::vector<std::string> many;
      for (int i = 0; i < 100; ++i) many.push_back(Encoded(Opening("e" + std::to_string(i))));
      ledger_.MustAppend(many);
    }
    {
      std::vector<EncodeFrame> untaken;
      size_t bytes = 0;
      while (bytes <= options.max_unread_bytes / 2) {
        untaken.push_back(Send(QueryRequest{}).get());
        bytes += EncodeFrame(untaken.back())().size();  // of a copy
      }
      EXPECT_EQ(std::get<QueryResponse>(Ask(QueryRequest{})).envelopes.size(), 16u);
    }
    EXPECT_EQ(std::get<QueryResponse>(Ask(QueryRequest{})).envelopes.size(), 100u);
    TearDown();
  }
}

// However large its entries are: two of the limits of a small page, and the largest entry.
TEST_F(AuditApiTest, SmallPagesAreSmallInBytes) {
  AuditApiOptions options;
  options.max_unread_bytes = 0;
  Open(options);
  unread_bytes_ = 1;
  Transition note = Later(Stage::kAnnotated, "e1");
  ledger_.MustAppend({Encoded(Opening("e1"))});
  for (int i = 0; i < 40; ++i) {
    note.note = std::to_string(i) + std::string(16'000, 'n');
    ledger_.MustAppend({Encoded(note)});
  }
  QueryRequest query;
  query.in_parts = true;
  for (const RequestBody& request : std::vector<RequestBody>{query, EnvelopeRequest{"e1", 0}, EntriesRequest{}}) {
    EXPECT_LE(EncodeResponse({1, Ask(request)}).size(), 2 * kSmallAnswerBytes + kMaxEntryBytes);
  }
}

AuditApiOptions OnTheRecord() {
  AuditApiOptions options;
  options.audit_queries = true;
  return options;
}

TEST_F(AuditApiTest, LookingIsNotOnTheRecordUnlessSwitchedOn) {
  Open({});
  ledger_.MustAppend({Encoded(Opening("e1"))});
  Ask(QueryRequest{});
  EXPECT_THAT(Recorded(), IsEmpty());
}

TEST_F(AuditApiTest, AQueryIsSealedWithWhoAndWhatBeforeItIsAnswered) {
  Open(OnTheRecord());
  ledger_.MustAppend({Encoded(Opening("e1")), Encoded(Opening("e2"))});
  QueryRequest query;
  query.principal.emplace().id = "alice";
  query.kind = ExecutionKind::kInference;
  query.since = 0;
  query.limit = 5;
  const ResponseBody body = Ask(query);
  const auto* answer = std::get_if<QueryResponse>(&body);
  ASSERT_NE(answer, nullptr);
  const auto events = Recorded();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].uid, 1001u);
  EXPECT_EQ(events[0].gid, 1002u);
  EXPECT_EQ(events[0].pid, 77);
  EXPECT_EQ(events[0].request, "query");
  EXPECT_EQ(events[0].results, answer->envelopes.size());
  const std::vector<KeyValue> filters = {
      {"principal", "alice"}, {"kind", "inference"}, {"since", "1970-01-01T00:00:00Z"}, {"limit", "5"}};
  EXPECT_EQ(events[0].filters, filters);
}

TEST_F(AuditApiTest, LookingInVainIsOnTheRecordToo) {
  Open(OnTheRecord());
  EXPECT_TRUE(std::holds_alternative<ErrorInfo>(Ask(EnvelopeRequest{"none"})));
  const auto events = Recorded();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].request, "envelope");
  EXPECT_EQ(events[0].results, 0u);
}

TEST_F(AuditApiTest, WhatTellsOfNoEnvelopeIsNotOnTheRecord) {
  Open(OnTheRecord());
  Ask(PingRequest{});
  Ask(StatusRequest{});
  Ask(CheckpointsRequest{});
  QueryRequest malformed;
  malformed.cursor = "garbage";
  EXPECT_TRUE(std::holds_alternative<ErrorInfo>(Ask(malformed)));
  EXPECT_THAT(Recorded(), IsEmpty());
}

TEST_F(AuditApiTest, ReadingToTheEndOfTheLedgerEnds) {
  Open(OnTheRecord());
  ledger_.MustAppend({Encoded(Opening("e1"))});
  for (const bool follow : {false, true}) {
    uint64_t next = 0;
    int pages = 0;
    for (; pages < 20; ++pages) {
      const ResponseBody body = follow ? Ask(FollowRequest{next, 0, 0}) : Ask(EntriesRequest{next, 0});
      const auto* page = std::get_if<EntriesResponse>(&body);
      ASSERT_NE(page, nullptr);
      if (page->entries.empty()) break;
      next += page->entries.size();
    }
    EXPECT_LT(pages, 4) << "reading made entries, which were read, which made entries";
  }
  EXPECT_EQ(Recorded().size(), 2u);
}

TEST_F(AuditApiTest, AnAnswerThatCannotBeOnTheRecordIsRefused) {
  Open(OnTheRecord());
  ledger_.MustAppend({Encoded(Opening("e1"))});
  ASSERT_TRUE(ledger_.ledger().Close("test").ok());  // appends are refused from here on
  const ResponseBody body = Ask(EntriesRequest{0, 0});
  const auto* error = std::get_if<ErrorInfo>(&body);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->status.code(), Code::kUnavailable);
  EXPECT_EQ(error->status.rule(), "audit-queries");
  api_.reset();
  ledger_.Kill();  // it is closed already
}

TEST_F(AuditApiTest, AFollowerIsAnsweredWhenAnEntryIsDurable) {
  Open({});
  const uint64_t end = size();
  auto waiting = Send(FollowRequest{end, 0, 30'000});
  Ask(PingRequest{});
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  ledger_.MustAppend({Encoded(Opening("e1"))});
  const ResponseBody body = Body(std::move(waiting));
  EXPECT_EQ(std::get<EntriesResponse>(body).entries.size(), 1u);
}

TEST_F(AuditApiTest, ManyWaitWithoutAThreadEach) {
  AuditApiOptions options;
  options.workers = 1;
  options.max_followers = 100;  // of one user half
  Open(options);
  const uint64_t end = size();
  std::vector<Answer> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(Send(FollowRequest{end, 0, 30'000}));
  EXPECT_TRUE(std::holds_alternative<PingResponse>(Ask(PingRequest{}))) << "the worker is free";
  const ResponseBody refused = Ask(FollowRequest{end, 0, 30'000});
  ASSERT_TRUE(std::holds_alternative<ErrorInfo>(refused));
  EXPECT_EQ(std::get<ErrorInfo>(refused).status.code(), Code::kResourceExhausted);
  ledger_.MustAppend({Encoded(Opening("e1"))});
  for (auto& one : waiting) EXPECT_EQ(std::get<EntriesResponse>(Body(std::move(one))).entries.size(), 1u);
}

// An asker who goes away when the test says so, and what is held for it meanwhile.
struct Asker {
  std::atomic<bool> gone = false;
  std::function<void()> tell;
  std::promise<void> watched;
  std::weak_ptr<int> held;

  void Ask(AuditApi& api, const RequestBody& body) {
    auto answer = std::make_shared<int>(0);
    held = answer;
    api.Handle(std::make_shared<const Recorder>(kPeer), EncodeRequest({1, body}),
               [answer = std::move(answer)](const EncodeFrame&) { ADD_FAILURE() << "nobody reads this"; },
               {[this] { return gone.load(); },
                [this](std::function<void()> when_gone) {
                  tell = std::move(when_gone);
                  watched.set_value();
                }});
  }
};

TEST_F(AuditApiTest, WhoIsGoneIsNotAnswered) {
  Open(OnTheRecord());
  Asker asker;
  asker.gone = true;
  asker.Ask(*api_, EntriesRequest{});
  EXPECT_TRUE(WaitUntil([&] { return asker.held.expired(); }, std::chrono::seconds(20)));
  EXPECT_THAT(Recorded(), IsEmpty()) << "who was not answered did not look";
}

TEST_F(AuditApiTest, AFollowerWhoGoesAwayLeavesItsPlaceAtOnce) {
  AuditApiOptions options;
  options.max_followers = 1;
  Open(options);
  const uint64_t end = size();
  Asker asker;
  asker.Ask(*api_, FollowRequest{end, 0, 30'000});
  asker.watched.get_future().wait();
  EXPECT_EQ(StatusOf(Ask(FollowRequest{end, 0, 30'000})).code(), Code::kResourceExhausted);
  asker.gone = true;
  asker.tell();
  // The thread that took the question may still be letting go of it.
  EXPECT_TRUE(WaitUntil([&] { return asker.held.expired(); }, std::chrono::seconds(20)));
  auto next = Send(FollowRequest{end, 0, 30'000});
  Ask(PingRequest{});
  ledger_.MustAppend({Encoded(Opening("e1"))});
  EXPECT_EQ(std::get<EntriesResponse>(Body(std::move(next))).entries.size(), 1u);
}

TEST_F(AuditApiTest, AFollowersTimeRunsOut) {
  AuditApiOptions options;
  options.max_wait = std::chrono::milliseconds(1);
  Open(options);
  const ResponseBody body = Ask(FollowRequest{size(), 0, 4'000'000'000});
  EXPECT_THAT(std::get<EntriesResponse>(body).entries, IsEmpty());
}

TEST_F(AuditApiTest, ReleasedFollowersAreAnsweredAndNobodyWaitsAnyMore) {
  Open({});
  auto waiting = Send(FollowRequest{size(), 0, 30'000});
  Ask(PingRequest{});
  api_->ReleaseFollowers();
  EXPECT_THAT(std::get<EntriesResponse>(Body(std::move(waiting))).entries, IsEmpty());
  EXPECT_THAT(std::get<EntriesResponse>(Ask(FollowRequest{size(), 0, 30'000})).entries, IsEmpty());
}

TEST_F(AuditApiTest, AnIndexThatCannotBeReadIsReportedAndRebuiltBesideTheWork) {
  ledger_.options.indexer.index.compactions = false;  // the first to read a damaged file must be the question
  ledger_.Open();
  for (int i = 0; i < 40; ++i) ledger_.MustAppend({Encoded(Opening("e" + std::to_string(i)))});
  ledger_.Close();
  Open({});
  EXPECT_TRUE(ledger_.ledger().Describe().healthy);
  OverwriteTables(IndexPath(ledger_.data_dir()));
  const ResponseBody answer = Ask(EnvelopeRequest{.envelope_id = "e4"});
  const auto* error = std::get_if<ErrorInfo>(&answer);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->status.code(), Code::kCorruption);
  EXPECT_THAT(error->status.message(), HasSubstr(".sst"));
  EXPECT_TRUE(WaitUntil([this] { return ledger_.ledger().Describe().healthy; }, std::chrono::minutes(1)));
  EXPECT_TRUE(std::holds_alternative<EnvelopeResponse>(Ask(EnvelopeRequest{.envelope_id = "e4"})));
  api_.reset();
  ledger_.Close();
  EXPECT_TRUE(IsPass(ledger_.Verify().verdict)) << Text(ledger_.Verify());
}

}  // namespace
}  // namespace envledger
