#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ledger/codec/transition.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

class EncodedStage : public testing::TestWithParam<Stage> {};
INSTANTIATE_TEST_SUITE_P(Transition, EncodedStage, testing::ValuesIn(kAllStages), StageName);

TEST_P(EncodedStage, EqualValuesGiveEqualBytesThatPassTheCheck) {
  const auto bytes = EncodeTransition(FullTransition(GetParam()));
  ASSERT_TRUE(bytes.ok()) << bytes.status().ToString();
  EXPECT_EQ(*bytes, *EncodeTransition(FullTransition(GetParam())));
  EXPECT_TRUE(CheckTransition(*bytes).ok());
  EXPECT_EQ(bytes->size() % 8, 0u);
}

TEST(TransitionEncode, DifferentValuesGiveDifferentBytes) {
  const Transition transition = LeastTransition(Stage::kRequested);
  Transition other = transition;
  other.occurred_at = *transition.occurred_at + 1;
  EXPECT_NE(*EncodeTransition(transition), *EncodeTransition(other));
  other = transition;
  other.execution->dry_run = false;
  EXPECT_NE(*EncodeTransition(transition), *EncodeTransition(other)) << "false is not absent";
}

TEST(TransitionEncode, WhatTheCheckRefusesIsNotEncoded) {
  Transition transition = LeastTransition(Stage::kRequested);
  ASSERT_TRUE(EncodeTransition(transition).ok());
  transition.requested.reset();
  const auto refused = EncodeTransition(transition);
  EXPECT_EQ(refused.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(refused.status().rule(), "requested") << "an empty map is not an absent one";
}

TEST(TransitionEncode, ATransitionWithoutAnythingIsRefusedByItsFirstField) {
  const auto refused = EncodeTransition(Transition());
  EXPECT_EQ(refused.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(refused.status().rule(), "envelope_id");
}

}  // namespace
}  // namespace envledger
