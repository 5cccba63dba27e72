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
  ExpectGolden("request_envelope", EncodeRequest({8, EnvelopeRequest{"env-7", 2, 100'000}}));
  Completeness completeness;
  completeness.tree_size = 43;
  completeness.root = hash;
  completeness.scanned = 1;
  completeness.complete = true;
  const EnvelopeRecords page{"env-7", 0, {GoldenBytes("entry_requested")}, 3};
  ExpectGolden("response_envelope", EncodeResponse({8, EnvelopeResponse{page, completeness}}));
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

TEST(GoldenMessages, PagesOfAnEnvelopeAreReadAsTheyWereMeant) {
  const auto request = DecodeRequest(GoldenBytes("request_envelope"));
  ASSERT_TRUE(request.ok());
  const auto& asked = std::get<EnvelopeRequest>(request->body);
  EXPECT_EQ(asked.envelope_id, "env-7");
  EXPECT_EQ(asked.from_revision, 2u);
  EXPECT_EQ(asked.max_bytes, 100'000u);
  const auto response = DecodeResponse(GoldenBytes("response_envelope"));
  ASSERT_TRUE(response.ok());
  const EnvelopeRecords& page = std::get<EnvelopeResponse>(response->body).envelope;
  EXPECT_EQ(page.entries, std::vector<std::string>{GoldenBytes("entry_requested")});
  EXPECT_EQ(page.next_revision, 3u);
}

}  // namespace
}  // namespace envledger
