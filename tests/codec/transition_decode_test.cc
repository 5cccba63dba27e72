#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "ledger/codec/transition.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

class DecodedStage : public testing::TestWithParam<Stage> {};
INSTANTIATE_TEST_SUITE_P(Transition, DecodedStage, testing::ValuesIn(kAllStages), StageName);

TEST_P(DecodedStage, FullyPopulatedSurvivesTheRoundTrip) {
  const Transition transition = FullTransition(GetParam());
  EXPECT_EQ(DecodeTransition(Encoded(transition)), transition);
}

TEST_P(DecodedStage, LeastPopulatedSurvivesTheRoundTrip) {
  const Transition transition = LeastTransition(GetParam());
  EXPECT_EQ(DecodeTransition(Encoded(transition)), transition);
}

TEST_P(DecodedStage, BytesAreReadAtAnyAlignment) {
  const Transition transition = FullTransition(GetParam());
  const std::string bytes = Encoded(transition);
  for (size_t shift = 0; shift < 8; ++shift) {
    std::string moved(shift, 'x');
    moved += bytes;
    const std::string_view view = std::string_view(moved).substr(shift);
    const auto facts = CheckTransition(view);
    ASSERT_TRUE(facts.ok()) << facts.status().ToString();
    EXPECT_EQ(facts->envelope_id, transition.envelope_id);
    EXPECT_EQ(DecodeTransition(view), transition);
    EXPECT_EQ(FacetsOf(view).size(), FacetsOf(bytes).size());
  }
}

TEST(TransitionDecode, EmptyGrantIsAGrant) {
  const Transition back = DecodeTransition(Encoded(LeastTransition(Stage::kGranted)));
  ASSERT_TRUE(back.granted.has_value());
  EXPECT_TRUE(back.granted->resources.empty());
}

TEST(TransitionDecode, ZeroAndAbsentDiffer) {
  Transition transition = FullTransition(Stage::kRequested);
  transition.occurred_at = 0;
  transition.execution->deadline = 0;
  transition.execution->dry_run = true;
  EXPECT_EQ(DecodeTransition(Encoded(transition)), transition);
  transition.execution->deadline.reset();
  transition.execution->dry_run.reset();
  EXPECT_EQ(DecodeTransition(Encoded(transition)), transition);
}

TEST(TransitionDecode, ExtremeAmountsAreExact) {
  Transition transition = LeastTransition(Stage::kRequested);
  for (const int64_t amount : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1}, INT64_MAX}) {
    transition.requested = ResourceMap{SampleResource("x", amount)};
    EXPECT_EQ(DecodeTransition(Encoded(transition)), transition);
  }
}

}  // namespace
}  // namespace envledger
