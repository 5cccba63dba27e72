#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "flatbuffers/flatbuffers.h"
#include "ledger/protocol/message.h"
#include "protocol_generated.h"
#include "tests/protocol/messages.h"

namespace envledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using testing::HasSubstr;

// The variants have no operator==, but equal messages have equal bytes.
TEST(Request, EveryOneSurvivesTheRoundTrip) {
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

TEST(Request, FieldsOfAQueryComeBack) {
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

TEST(Request, ARelationThatIsNoneIsRefused) {
  QueryRequest query;
  query.relations = {Relation::kNarrowed, static_cast<Relation>(0xff)};  // 0 on the wire
  const auto unspecified = DecodeRequest(EncodeRequest({1, query}));
  ASSERT_FALSE(unspecified.ok());
  EXPECT_EQ(unspecified.status().rule(), "body.query.relations[1]") << unspecified.status().ToString();
  query.relations = {static_cast<Relation>(6)};
  EXPECT_EQ(DecodeRequest(EncodeRequest({1, query})).status().code(), Code::kInvalidArgument);
}

TEST(Request, AnAbsentIssuerIsNotAnEmptyOne) {
  PrincipalFilter filter;
  filter.id = "alice";
  auto request = DecodeRequest(EncodeRequest({1, PrincipalsRequest{filter, 0, ""}}));
  EXPECT_EQ(std::get<PrincipalsRequest>(request->body).filter.issuer, std::nullopt);
  filter.issuer = "";
  request = DecodeRequest(EncodeRequest({1, PrincipalsRequest{filter, 0, ""}}));
  EXPECT_EQ(std::get<PrincipalsRequest>(request->body).filter.issuer, "");
}

TEST(Request, TransitionsBorrowFromTheFrameAndAreAligned) {
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

TEST(Request, FramesAreReadAtAnyAlignment) {
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

TEST(Request, CutOrExtendedIsRefused) {
  for (const Request& request : Requests()) {
    const std::string bytes = EncodeRequest(request);
    for (size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(DecodeRequest(bytes.substr(0, size)).ok());
      CorrelationOf(bytes.substr(0, size));
    }
    for (size_t more = 1; more <= 32; ++more) {
      ASSERT_FALSE(DecodeRequest(bytes + std::string(more, 'x')).ok());
    }
    for (const size_t more : {1, 2, 3, 8, 16}) {
      ASSERT_FALSE(DecodeRequest(bytes + std::string(more, '\0')).ok());
    }
  }
}

TEST(Request, EveryDamagedByteIsRefusedOrHarmless) {
  for (const Request& request : Requests()) {
    const std::string bytes = EncodeRequest(request);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int flip : {1, 4, 16, 64, 128, 255}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        CorrelationOf(damaged);
        const auto back = DecodeRequest(damaged);
        if (back.ok()) {
          ASSERT_TRUE(DecodeRequest(EncodeRequest(*back)).ok());
        }
      }
    }
  }
}

TEST(Request, IsNotReadFromAResponse) {
  for (const Response& response : Responses()) {
    EXPECT_THAT(DecodeRequest(EncodeResponse(response)).status().message(), HasSubstr("identifier ENVQ"));
  }
}

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

// It could be decoded, but not sent on: empty text is left out when it is encoded.
TEST(ForgedRequest, AnEmptyEnvelopeIdIsMissing) {
  FlatBufferBuilder b;
  const auto body = fb::CreateEnvelopeRequest(b, b.CreateString("")).Union();
  EXPECT_EQ(Refused(b, fb::RequestBody::envelope, body).rule(), "body.envelope.envelope_id");
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
