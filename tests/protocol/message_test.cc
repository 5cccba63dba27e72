#include "ledger/protocol/message.h"

#include <gmock/gmock.h>

#include "flatbuffers/flatbuffers.h"
#include "ledger/codec/transition.h"
#include "protocol_generated.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using testing::HasSubstr;

Hash HashOf(uint8_t byte) {
  Hash hash;
  hash.fill(byte);
  return hash;
}

const std::string& SampleTransition() {
  static const std::string bytes = *EncodeTransition(FullTransition(Stage::kRequested));
  return bytes;
}

// --- samples of every kind, each field with a value of its own ---

PrincipalFilter FullFilter() { return {PrincipalKind::kAgent, "issuer", "id", kDelegate | kDecider}; }

QueryRequest FullQuery() {
  QueryRequest query;
  query.principal = FullFilter();
  query.tenant = "tenant";
  query.kind = ExecutionKind::kOther;
  query.target = "target";
  query.scope = "scope";
  query.stages = {Stage::kGranted, Stage::kStarted};
  query.recorder = "recorder";
  query.request_id = "request";
  query.trace_id = "trace";
  query.native_id = "native";
  query.since = 1;
  query.until = 2;
  query.recorded_since = 3;
  query.recorded_until = 0;
  query.open = true;
  query.narrowed = true;
  query.limit = 7;
  query.cursor = "cursor";
  query.descending = true;
  query.at = 5;
  query.scan = true;
  query.relations = {Relation::kAsRequested, Relation::kAdded};
  query.parent = "parent";
  query.node = "node";
  query.delegated = true;
  query.in_parts = true;
  return query;
}

std::vector<Request> Requests() {
  return {{1, AppendRequest{{{SampleTransition(), 3}, {SampleTransition(), std::nullopt}, {"short", 0}}}},
          {2, PingRequest{}},
          {3, FullQuery()},
          {4, EnvelopeRequest{"env-1", 3, 70'000}},
          {4, EnvelopeRequest{"env-1", 0}},
          {4, EnvelopeRequest{"env-1"}},
          {5, PrincipalsRequest{FullFilter(), 9, "cursor"}},
          {6, EntriesRequest{17, 100}},
          {7, CheckpointsRequest{18, 101, true, true}},
          {UINT64_MAX, StatusRequest{}},
          {11, InclusionProofRequest{4, 9}},
          {12, InclusionProofRequest{4, std::nullopt}},
          {13, ConsistencyProofRequest{3, 9}},
          {14, ConsistencyProofRequest{3, std::nullopt}},
          {15, EventsRequest{"key_rotated", 7, 20}},
          {16, FollowRequest{7, 20, 1500}},
          {0, PingRequest{}},
          {8, AppendRequest{}},
          {9, QueryRequest{}},
          {10, PrincipalsRequest{}}};
}

Completeness FullCompleteness() { return {100, HashOf(7), "note", 55, true, "cursor", "a hole at 3", true}; }
EnvelopeRecords FullRecords() { return {"env-1", kRequester, {"sealed one", std::string(700, '\0'), "x"}, 3}; }

StatusResponse FullStatus() {
  StatusResponse status;
  status.healthy = true;
  status.problem = "problem";
  status.version = "0.1.0";
  status.origin = "origin";
  status.vkey = "vkey";
  status.tree_size = 5;
  status.root = HashOf(9);
  status.last_recorded_at = 6;
  status.last_checkpoint = "note";
  status.last_checkpoint_at = 7;
  status.refusals = {{"producer", 4, "rule", 8}};
  status.gauges = {{"queue", 9}, {"disk", 10}};
  return status;
}

std::vector<Response> Responses() {
  PrincipalSummary summary;
  summary.principal = SampleUser();
  summary.links = 6;
  summary.by_role = {1, 2, 3, 4};
  summary.envelopes = 5;
  summary.first_seen = 7;
  summary.last_seen = 8;
  return {{1, ErrorInfo{Status(Code::kConflict, "legal-move", "no"), 3, Stage::kGranted, 4}},
          {2, ErrorInfo{Status(Code::kInternal, "bug"), -1, Stage::kUnspecified, std::nullopt}},
          {3, AppendResponse{{{4, HashOf(1), 2, 3, true}, {5, HashOf(2), 0, 3, false}}}},
          {4, PingResponse{}},
          {5, QueryResponse{{FullRecords(), EnvelopeRecords{"env-2", 0, {}}}, FullCompleteness()}},
          {6, EnvelopeResponse{FullRecords(), Completeness{}}},
          {7, PrincipalsResponse{{summary, PrincipalSummary{}}, FullCompleteness()}},
          {8, EntriesResponse{{"one", "two"}, 9}},
          {9, CheckpointsResponse{{"note 1", "note 2\n"}}},
          {10, FullStatus()},
          {UINT64_MAX, StatusResponse{}},
          {11, InclusionProofResponse{"an entry", 9, HashOf(1), {HashOf(2), HashOf(3)}, "note"}},
          {12, ConsistencyProofResponse{3, 9, HashOf(1), HashOf(2), {HashOf(3)}, "note"}},
          {13, EventsResponse{{"one", "two"}, 9}},
          {0, PingResponse{}}};
}

// --- round trips; the variants have no operator==, but equal messages have equal bytes ---

TEST(Message, EveryRequestSurvivesTheRoundTrip) {
  for (const Request& request : Requests()) {
    const std::string bytes = EncodeRequest(request);
    const auto back = DecodeRequest(bytes);
    ASSERT_TRUE(back.ok()) << request.body.index() << ": " << back.status().ToString();
    EXPECT_EQ(back->correlation, request.correlation);
    EXPECT_EQ(back->body.index(), request.body.index());
    EXPECT_EQ(EncodeRequest(*back), bytes) << request.body.index();
    EXPECT_EQ(CorrelationOf(bytes), request.correlation);
  }
}

TEST(Message, EveryResponseSurvivesTheRoundTrip) {
  for (const Response& response : Responses()) {
    const std::string bytes = EncodeResponse(response);
    const auto back = DecodeResponse(bytes);
    ASSERT_TRUE(back.ok()) << response.body.index() << ": " << back.status().ToString();
    EXPECT_EQ(back->correlation, response.correlation);
    EXPECT_EQ(back->body.index(), response.body.index());
    EXPECT_EQ(EncodeResponse(*back), bytes) << response.body.index();
  }
}

TEST(Message, FieldsOfAQueryComeBack) {
  const auto request = DecodeRequest(EncodeRequest({1, FullQuery()}));
  ASSERT_TRUE(request.ok());
  const auto& query = std::get<QueryRequest>(request->body);
  ASSERT_TRUE(query.principal.has_value());
  EXPECT_EQ(query.principal->issuer, "issuer");
  EXPECT_EQ(query.principal->roles, kDelegate | kDecider);
  EXPECT_EQ(query.kind, ExecutionKind::kOther);
  EXPECT_EQ(query.stages, (std::vector<Stage>{Stage::kGranted, Stage::kStarted}));
  EXPECT_EQ(query.since, 1);
  EXPECT_EQ(query.recorded_until, 0);
  EXPECT_TRUE(query.open && query.narrowed && query.descending);
  EXPECT_EQ(query.native_id, "native");
  EXPECT_EQ(query.at, 5);
  EXPECT_TRUE(query.scan && query.delegated);
  EXPECT_EQ(query.relations, (std::vector<Relation>{Relation::kAsRequested, Relation::kAdded}));
  EXPECT_EQ(query.parent, "parent");
  EXPECT_EQ(query.node, "node");
}

TEST(Message, ARelationThatIsNoneIsRefused) {
  QueryRequest query;
  query.relations = {Relation::kNarrowed, static_cast<Relation>(0xff)};  // 0 on the wire
  const auto unspecified = DecodeRequest(EncodeRequest({1, query}));
  ASSERT_FALSE(unspecified.ok());
  EXPECT_EQ(unspecified.status().rule(), "body.query.relations[1]") << unspecified.status().ToString();
  query.relations = {static_cast<Relation>(6)};
  EXPECT_EQ(DecodeRequest(EncodeRequest({1, query})).status().code(), Code::kInvalidArgument);
}

TEST(Message, AnAbsentIssuerIsNotAnEmptyOne) {
  PrincipalFilter filter;
  filter.id = "alice";
  auto request = DecodeRequest(EncodeRequest({1, PrincipalsRequest{filter, 0, ""}}));
  EXPECT_EQ(std::get<PrincipalsRequest>(request->body).filter.issuer, std::nullopt);
  filter.issuer = "";
  request = DecodeRequest(EncodeRequest({1, PrincipalsRequest{filter, 0, ""}}));
  EXPECT_EQ(std::get<PrincipalsRequest>(request->body).filter.issuer, "");
}

TEST(Message, FieldsOfAnErrorComeBack) {
  for (int code = 1; code <= static_cast<int>(Code::kInternal); ++code) {
    const ErrorInfo error{Status(static_cast<Code>(code), "rule", "message"), 2, Stage::kLost, 0};
    const auto response = DecodeResponse(EncodeResponse({1, error}));
    ASSERT_TRUE(response.ok());
    const auto& back = std::get<ErrorInfo>(response->body);
    EXPECT_EQ(back.status.code(), static_cast<Code>(code));
    EXPECT_EQ(back.status.rule(), "rule");
    EXPECT_EQ(back.status.message(), "message");
    EXPECT_EQ(back.item, 2);
    EXPECT_EQ(back.stage, Stage::kLost);
    EXPECT_EQ(back.revision, 0u);
  }
}

TEST(Message, SummariesKeepTheOrderOfTheRoles) {
  const auto response = DecodeResponse(EncodeResponse(Responses()[6]));
  ASSERT_TRUE(response.ok());
  const PrincipalSummary& summary = std::get<PrincipalsResponse>(response->body).principals[0];
  EXPECT_EQ(summary.principal, SampleUser());
  EXPECT_THAT(summary.by_role, testing::ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(summary.envelopes, 5u);
}

// --- views and alignment ---

TEST(Message, TransitionsBorrowFromTheFrameAndAreAligned) {
  std::vector<AppendItem> items;
  for (size_t size = 1; size < 20; ++size) items.push_back({std::string_view(SampleTransition()).substr(0, size), {}});
  items.push_back({SampleTransition(), 1});
  const std::string bytes = EncodeRequest({1, AppendRequest{items}});
  const auto request = DecodeRequest(bytes);
  ASSERT_TRUE(request.ok());
  const auto& back = std::get<AppendRequest>(request->body).items;
  ASSERT_EQ(back.size(), items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(back[i].transition, items[i].transition);
    EXPECT_GE(back[i].transition.data(), bytes.data());
    EXPECT_LE(back[i].transition.data() + back[i].transition.size(), bytes.data() + bytes.size());
    EXPECT_EQ((back[i].transition.data() - bytes.data()) % 8, 0);
  }
  EXPECT_TRUE(CheckTransition(back.back().transition).ok());
}

TEST(Message, FramesAreReadAtAnyAlignment) {
  for (size_t shift = 1; shift < 8; ++shift) {
    const std::string frame = std::string(shift, 'x') + EncodeRequest(Requests()[0]);
    const std::string_view view = std::string_view(frame).substr(shift);
    const auto request = DecodeRequest(view);
    ASSERT_TRUE(request.ok());
    const AppendItem& item = std::get<AppendRequest>(request->body).items[0];
    EXPECT_EQ(item.transition, SampleTransition());
    EXPECT_GE(item.transition.data(), frame.data());
    EXPECT_LT(item.transition.data(), frame.data() + frame.size());
    EXPECT_EQ(CorrelationOf(view), 1u);
  }
}

// --- damage ---

std::vector<std::string> AllBytes() {
  std::vector<std::string> all;
  for (const Request& request : Requests()) all.push_back(EncodeRequest(request));
  for (const Response& response : Responses()) all.push_back(EncodeResponse(response));
  return all;
}

TEST(Message, CutOrExtendedIsRefused) {
  for (const std::string& bytes : AllBytes()) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(DecodeRequest(bytes.substr(0, size)).ok());
      ASSERT_FALSE(DecodeResponse(bytes.substr(0, size)).ok());
      CorrelationOf(bytes.substr(0, size));
    }
    for (size_t more = 1; more <= 32; ++more) {
      ASSERT_FALSE(DecodeRequest(bytes + std::string(more, 'x')).ok());
      ASSERT_FALSE(DecodeResponse(bytes + std::string(more, 'x')).ok());
    }
    for (const size_t more : {1, 2, 3, 8, 16}) {
      ASSERT_FALSE(DecodeRequest(bytes + std::string(more, '\0')).ok());
      ASSERT_FALSE(DecodeResponse(bytes + std::string(more, '\0')).ok());
    }
  }
}

TEST(Message, EveryDamagedByteIsRefusedOrHarmless) {
  for (const std::string& bytes : AllBytes()) {
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int flip : {1, 4, 16, 64, 128, 255}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        CorrelationOf(damaged);
        const auto request = DecodeRequest(damaged);
        if (request.ok()) {
          ASSERT_TRUE(DecodeRequest(EncodeRequest(*request)).ok());
        }
        const auto response = DecodeResponse(damaged);
        if (response.ok()) {
          ASSERT_TRUE(DecodeResponse(EncodeResponse(*response)).ok());
        }
      }
    }
  }
}

TEST(Message, ARequestIsNoResponse) {
  for (const Request& request : Requests()) {
    EXPECT_THAT(DecodeResponse(EncodeRequest(request)).status().message(), HasSubstr("identifier ENVR"));
  }
  for (const Response& response : Responses()) {
    EXPECT_THAT(DecodeRequest(EncodeResponse(response)).status().message(), HasSubstr("identifier ENVQ"));
  }
}

// --- forged messages ---

Status Refused(FlatBufferBuilder& b, fb::RequestBody type, Offset<void> body) {
  b.Finish(fb::CreateRequest(b, 1, type, body), "ENVQ");
  return DecodeRequest({reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()}).status();
}

TEST(ForgedRequest, WithoutABodyIsRefused) {
  FlatBufferBuilder b;
  EXPECT_EQ(Refused(b, fb::RequestBody::NONE, 0).rule(), "body");
  EXPECT_EQ(Refused(b, fb::RequestBody::ping, 0).rule(), "body");
}

TEST(ForgedRequest, OfAnUnknownKindIsRefused) {
  FlatBufferBuilder b;
  const auto ping = fb::CreatePingRequest(b).Union();
  EXPECT_EQ(Refused(b, static_cast<fb::RequestBody>(static_cast<int>(fb::RequestBody::MAX) + 1), ping).rule(),
            "body_type");
}

TEST(ForgedRequest, AnItemWithoutATransitionIsNamed) {
  FlatBufferBuilder b;
  const auto bytes = b.CreateVector(std::vector<uint8_t>(8));
  const std::vector<Offset<fb::AppendItem>> items = {fb::CreateAppendItem(b, bytes), fb::CreateAppendItem(b)};
  const auto body = fb::CreateAppendRequest(b, b.CreateVector(items)).Union();
  EXPECT_EQ(Refused(b, fb::RequestBody::append, body).rule(), "body.append.items[1].transition");
}

TEST(ForgedRequest, ValuesOutOfRangeAreNamed) {
  Request request{1, FullQuery()};
  auto& query = std::get<QueryRequest>(request.body);
  query.stages[1] = static_cast<Stage>(16);
  EXPECT_EQ(DecodeRequest(EncodeRequest(request)).status().rule(), "body.query.stages[1]");
  query = FullQuery();
  query.principal->roles = 16;
  EXPECT_EQ(DecodeRequest(EncodeRequest(request)).status().rule(), "body.query.principal.roles");
  query = FullQuery();
  query.principal->kind = static_cast<PrincipalKind>(9);
  EXPECT_EQ(DecodeRequest(EncodeRequest(request)).status().rule(), "body.query.principal.kind");
  query = FullQuery();
  query.tenant = "\xff";
  EXPECT_EQ(DecodeRequest(EncodeRequest(request)).status().rule(), "body.query.tenant");
}

// A million items that are all the same item: 4 MiB that stand for gigabytes.
TEST(ForgedRequest, ItemsThatMultiplyAreRefused) {
  FlatBufferBuilder b;
  const auto bytes = b.CreateVector(std::vector<uint8_t>(60000));
  const auto item = fb::CreateAppendItem(b, bytes);
  const auto items = b.CreateVector(std::vector<Offset<fb::AppendItem>>(1 << 20, item));
  const Status status = Refused(b, fb::RequestBody::append, fb::CreateAppendRequest(b, items).Union());
  EXPECT_THAT(status.message(), HasSubstr("so often that it would be too large written out"));
}

TEST(ForgedResponse, AnErrorHasACodeAndNoBody) {
  FlatBufferBuilder b;
  b.Finish(fb::CreateResponse(b, 1, fb::CreateError(b)), "ENVR");
  EXPECT_EQ(DecodeResponse({reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()}).status().rule(),
            "error.code");
  b.Clear();
  const auto error = fb::CreateError(b, fb::ErrorCode::internal);
  const auto ping = fb::CreatePingResponse(b).Union();
  b.Finish(fb::CreateResponse(b, 1, error, fb::ResponseBody::ping, ping), "ENVR");
  EXPECT_EQ(DecodeResponse({reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()}).status().rule(), "body");
}

TEST(CorrelationOf, IsReadFromWhatElseIsMalformed) {
  Request request{77, FullQuery()};
  std::get<QueryRequest>(request.body).tenant = "\xff";
  const std::string bytes = EncodeRequest(request);
  ASSERT_FALSE(DecodeRequest(bytes).ok());
  EXPECT_EQ(CorrelationOf(bytes), 77u);
  EXPECT_EQ(CorrelationOf(""), 0u);
  EXPECT_EQ(CorrelationOf(std::string(64, '\xff')), 0u);
}

}  // namespace
}  // namespace envledger
