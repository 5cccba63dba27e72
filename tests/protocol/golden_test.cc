#include "tests/support/golden.h"

#include "ledger/codec/transition.h"
#include "ledger/protocol/message.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

TEST(GoldenMessages, EncodersWriteTheGoldenBytes) {
  const std::string transition = *EncodeTransition(FullTransition(Stage::kLost));
  ExpectGolden("request_append", EncodeRequest({7, AppendRequest{{{transition, 3}}}}));
  Hash hash;
  hash.fill(0x5A);
  ExpectGolden("response_append", EncodeResponse({7, AppendResponse{{{42, hash, 3, kSampleTime, true}}}}));
  const ErrorInfo error{Status(Code::kConflict, "legal-move", "no"), 0, Stage::kDenied, 2};
  ExpectGolden("response_error", EncodeResponse({7, error}));
}

TEST(GoldenMessages, AreReadAsTheyWereMeant) {
  const std::string frame = GoldenBytes("request_append");
  const auto request = DecodeRequest(frame);
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->correlation, 7u);
  const AppendItem& item = std::get<AppendRequest>(request->body).items.at(0);
  EXPECT_EQ(item.expected_revision, 3u);
  EXPECT_EQ(DecodeTransition(item.transition), FullTransition(Stage::kLost));
  const auto response = DecodeResponse(GoldenBytes("response_append"));
  ASSERT_TRUE(response.ok());
  EXPECT_TRUE(std::get<AppendResponse>(response->body).acknowledgments.at(0).replayed);
  const auto error = DecodeResponse(GoldenBytes("response_error"));
  ASSERT_TRUE(error.ok());
  EXPECT_EQ(std::get<ErrorInfo>(error->body).status.rule(), "legal-move");
}

}  // namespace
}  // namespace envledger
