#include "ledger/api/answer.h"

#include <gtest/gtest.h>

namespace envledger {
namespace {

TEST(Answer, WhatIsReadyIsGivenAsItIs) { EXPECT_EQ(Ready("a frame")(), "a frame"); }

TEST(Answer, WhatIsEncodedWhenItIsSentIsTheResponse) {
  const EncodeFrame encode = WhenSent({7, CheckpointsResponse{{"a note"}}});
  const auto response = DecodeResponse(encode());
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->correlation, 7u);
  EXPECT_EQ(std::get<CheckpointsResponse>(response->body).notes, std::vector<std::string>{"a note"});
}

TEST(Answer, ARefusalKeepsTheRuleAndTheItem) {
  const auto response = DecodeResponse(WhenSent({8, Refusal(Conflict("rule", "why"), 3)})());
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  const auto& error = std::get<ErrorInfo>(response->body);
  EXPECT_EQ(error.status.code(), Code::kConflict);
  EXPECT_EQ(error.status.rule(), "rule");
  EXPECT_EQ(error.status.message(), "why");
  EXPECT_EQ(error.item, 3);
}

TEST(Answer, AnErrorOutsideAnyRequestHasNoCorrelation) {
  const auto response = DecodeResponse(ErrorFrame(Unavailable("full")));
  ASSERT_TRUE(response.ok()) << response.status().ToString();
  EXPECT_EQ(response->correlation, 0u);
  EXPECT_EQ(std::get<ErrorInfo>(response->body).status.message(), "full");
  EXPECT_EQ(std::get<ErrorInfo>(response->body).item, -1);
}

}  // namespace
}  // namespace envledger
