#include <gmock/gmock.h>

#include <string>

#include "flatbuffers/flatbuffers.h"
#include "ledger/protocol/message.h"
#include "protocol_generated.h"
#include "tests/protocol/messages.h"

namespace envledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using testing::HasSubstr;

// The variants have no operator==, but equal messages have equal bytes.
TEST(Response, EveryOneSurvivesTheRoundTrip) {
  for (const Response& response : Responses()) {
    const std::string bytes = EncodeResponse(response);
    const auto back = DecodeResponse(bytes);
    ASSERT_TRUE(back.ok()) << response.body.index() << ": " << back.status().ToString();
    EXPECT_EQ(back->correlation, response.correlation);
    EXPECT_EQ(back->body.index(), response.body.index());
    EXPECT_EQ(EncodeResponse(*back), bytes) << response.body.index();
  }
}

TEST(Response, FieldsOfAnErrorComeBack) {
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

TEST(Response, SummariesKeepTheOrderOfTheRoles) {
  const auto response = DecodeResponse(EncodeResponse(Responses()[6]));
  ASSERT_TRUE(response.ok());
  const PrincipalSummary& summary = std::get<PrincipalsResponse>(response->body).principals[0];
  EXPECT_EQ(summary.principal, SampleUser());
  EXPECT_THAT(summary.by_role, testing::ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(summary.envelopes, 5u);
}

TEST(Response, CutOrExtendedIsRefused) {
  for (const Response& response : Responses()) {
    const std::string bytes = EncodeResponse(response);
    for (size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(DecodeResponse(bytes.substr(0, size)).ok());
      CorrelationOf(bytes.substr(0, size));
    }
    for (size_t more = 1; more <= 32; ++more) {
      ASSERT_FALSE(DecodeResponse(bytes + std::string(more, 'x')).ok());
    }
    for (const size_t more : {1, 2, 3, 8, 16}) {
      ASSERT_FALSE(DecodeResponse(bytes + std::string(more, '\0')).ok());
    }
  }
}

TEST(Response, EveryDamagedByteIsRefusedOrHarmless) {
  for (const Response& response : Responses()) {
    const std::string bytes = EncodeResponse(response);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (const int flip : {1, 4, 16, 64, 128, 255}) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ flip);
        CorrelationOf(damaged);
        const auto back = DecodeResponse(damaged);
        if (back.ok()) {
          ASSERT_TRUE(DecodeResponse(EncodeResponse(*back)).ok());
        }
      }
    }
  }
}

TEST(Response, IsNotReadFromARequest) {
  for (const Request& request : Requests()) {
    EXPECT_THAT(DecodeResponse(EncodeRequest(request)).status().message(), HasSubstr("identifier ENVR"));
  }
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

}  // namespace
}  // namespace envledger
