#include "ledger/api/query_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/api/api_fixture.h"

namespace envledger {
namespace {

using ::testing::IsEmpty;

std::string EventEntry(const LedgerEvent& event) { return std::string(*EntryBuilder().Build(EntryHeader{}, event)); }

TEST(QueryRecord, SaysWhoAskedForWhatAndHowMuchThereWas) {
  InclusionProofRequest request{5, 9};
  const auto event = RecordOf(kPeer, request, InclusionProofResponse{});
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->uid, kPeer.uid);
  EXPECT_EQ(event->gid, kPeer.gid);
  EXPECT_EQ(event->pid, kPeer.pid);
  EXPECT_EQ(event->request, "inclusion_proof");
  EXPECT_EQ(event->filters, (std::vector<KeyValue>{{"seq", "5"}, {"tree_size", "9"}}));
  EXPECT_EQ(event->results, 1u);
}

TEST(QueryRecord, WhatTellsOfNoEnvelopeIsNotRecorded) {
  EXPECT_FALSE(RecordOf(kPeer, PingRequest{}, PingResponse{}));
  EXPECT_FALSE(RecordOf(kPeer, StatusRequest{}, StatusResponse{}));
  EXPECT_FALSE(RecordOf(kPeer, CheckpointsRequest{}, CheckpointsResponse{}));
  EXPECT_FALSE(RecordOf(kPeer, AppendRequest{}, ErrorInfo{}));
}

TEST(QueryRecord, OfRefusalsOnlyNotFoundTellsSomething) {
  const auto refused = [](Status status) { return ErrorInfo{std::move(status), -1, Stage::kUnspecified, {}}; };
  EXPECT_FALSE(RecordOf(kPeer, EnvelopeRequest{"e"}, refused(InvalidArgument("no"))));
  const auto event = RecordOf(kPeer, EnvelopeRequest{"e"}, refused(NotFound("no")));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->results, 0u);
}

TEST(QueryRecord, APageOfNothingOrOfRecordsOfQueriesIsNotRecorded) {
  const std::string query = EventEntry(QueryServed{});
  const std::string other = EventEntry(Closed{"test"});
  EXPECT_FALSE(RecordOf(kPeer, EntriesRequest{}, EntriesResponse{{}, 5}));
  EXPECT_FALSE(RecordOf(kPeer, EntriesRequest{}, EntriesResponse{{query, query}, 5}));
  EXPECT_FALSE(RecordOf(kPeer, FollowRequest{}, EntriesResponse{{query}, 5}));
  EXPECT_FALSE(RecordOf(kPeer, EventsRequest{}, EventsResponse{{query}, 5}));
  const auto event = RecordOf(kPeer, FollowRequest{3, 0, 0}, EntriesResponse{{query, other}, 5});
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->request, "follow");
  EXPECT_EQ(event->results, 2u);
}

// The work for one page is bounded, so one question may need very many.
TEST(QueryRecord, OfAnAnswerWithoutResultsOnlyTheFirstAndTheLastPageAreRecorded) {
  QueryRequest query;
  PrincipalsRequest principals;
  QueryResponse page;
  PrincipalsResponse list;
  const auto expect = [&](bool recorded) {
    EXPECT_EQ(RecordOf(kPeer, query, page).has_value(), recorded);
    EXPECT_EQ(RecordOf(kPeer, principals, list).has_value(), recorded);
  };
  page.completeness.next_cursor = list.completeness.next_cursor = "7-abc";
  expect(true);
  query.cursor = principals.cursor = "6-abc";
  expect(false);
  page.envelopes.emplace_back();
  list.principals.emplace_back();
  expect(true);
  page.envelopes.clear();
  list.principals.clear();
  page.completeness.next_cursor.clear();
  list.completeness.next_cursor.clear();
  expect(true);
}

TEST(QueryRecord, HoldsEveryFilterOfAQuery) {
  QueryRequest query;
  query.relations = {Relation::kWidened, Relation::kAdded};
  query.parent = "run-1";
  query.node = "gpu-7";
  query.delegated = true;
  query.at = 0;
  query.scan = true;
  const auto event = RecordOf(kPeer, query, QueryResponse{});
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->filters, (std::vector<KeyValue>{{"relation", "widened, added"},
                                                   {"parent", "run-1"},
                                                   {"node", "gpu-7"},
                                                   {"delegated", "true"},
                                                   {"at", "1970-01-01T00:00:00Z"},
                                                   {"scan", "true"}}));
}

TEST(QueryRecord, ALongFilterIsCutBetweenCharactersAndSaysItsLength) {
  QueryRequest query;
  query.tenant = std::string(kMaxRecordedFilterBytes - 1, 'x') + "\u00e9\u00e9";
  const auto event = RecordOf(kPeer, query, QueryResponse{});
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->filters[0].value, std::string(kMaxRecordedFilterBytes - 1, 'x') + "... (1027 bytes)");
}

TEST(QueryRecord, TheGreatestRequestFitsAnEntry) {
  QueryRequest query;
  const std::string most(16 << 10, 'x');
  query.principal.emplace() = {PrincipalKind::kUser, most, most, kRequester};
  query.tenant = query.target = query.scope = query.recorder = query.request_id = query.trace_id = query.native_id =
      query.cursor = most;
  const auto event = RecordOf(kPeer, query, QueryResponse{});
  EXPECT_LE(EntryBytesAtMost(LedgerEvent(*event)), kMaxEntryBytes);
}

}  // namespace
}  // namespace envledger
