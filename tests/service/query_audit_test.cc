// What auditors are told, and what is sealed about it; and those who wait for what is not there yet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "ledger/api/audit_api.h"
#include "ledger/api/query_record.h"
#include "tests/support/ledger_fixture.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Recorder kAuditor{1001, 1002, 77, ""};

class AuditApiTest : public ::testing::Test {
 protected:
  void Open(AuditApiOptions options) {
    ledger_.Open();
    api_ = std::make_unique<AuditApi>(
        ledger_.ledger(), options, [] { return std::vector<Gauge>(); }, [] { return false; });
  }
  std::future<std::string> Send(const RequestBody& body) {
    auto answer = std::make_shared<std::promise<std::string>>();
    api_->Handle(std::make_shared<const Recorder>(kAuditor), EncodeRequest({1, body}),
                 [answer](std::string frame) { answer->set_value(std::move(frame)); });
    return answer->get_future();
  }
  static ResponseBody Body(std::future<std::string> answer) {
    auto response = DecodeResponse(answer.get());
    EXPECT_TRUE(response.ok());
    return std::move(response->body);
  }
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
  std::unique_ptr<AuditApi> api_;
};

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
  options.max_followers = 50;
  Open(options);
  const uint64_t end = size();
  std::vector<std::future<std::string>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(Send(FollowRequest{end, 0, 30'000}));
  EXPECT_TRUE(std::holds_alternative<PingResponse>(Ask(PingRequest{}))) << "the worker is free";
  const ResponseBody refused = Ask(FollowRequest{end, 0, 30'000});
  ASSERT_TRUE(std::holds_alternative<ErrorInfo>(refused));
  EXPECT_EQ(std::get<ErrorInfo>(refused).status.code(), Code::kResourceExhausted);
  ledger_.MustAppend({Encoded(Opening("e1"))});
  for (auto& one : waiting) EXPECT_EQ(std::get<EntriesResponse>(Body(std::move(one))).entries.size(), 1u);
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

TEST(QueryRecord, ALongFilterIsCutBetweenCharactersAndSaysItsLength) {
  QueryRequest query;
  query.tenant = std::string(kMaxRecordedFilterBytes - 1, 'x') + "\u00e9\u00e9";
  const auto event = RecordOf(kAuditor, query, QueryResponse{});
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->filters[0].value, std::string(kMaxRecordedFilterBytes - 1, 'x') + "... (1027 bytes)");
}

TEST(QueryRecord, TheGreatestRequestFitsAnEntry) {
  QueryRequest query;
  const std::string most(16 << 10, 'x');
  query.principal.emplace() = {PrincipalKind::kUser, most, most, kRequester};
  query.tenant = query.target = query.scope = query.recorder = query.request_id = query.trace_id = query.native_id =
      query.cursor = most;
  const auto event = RecordOf(kAuditor, query, QueryResponse{});
  EntryBuilder builder;
  const std::string_view entry = builder.Build(EntryHeader{}, LedgerEvent(*event));
  EXPECT_LE(entry.size(), kMaxEntryBytes);
  EXPECT_TRUE(CheckEntry(entry).ok());
}

}  // namespace
}  // namespace envledger
