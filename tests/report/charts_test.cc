// The timeline and the resources of a page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/report/reported.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Charts, OfNothingAreNotThere) {
  FakeLedger ledger;
  const Reported nothing(ledger);
  EXPECT_EQ(TimelineSection(nothing.contents()), "");
  EXPECT_EQ(*ResourcesSection(nothing.contents()), "");
}

TEST(Charts, AFewEnvelopesHaveALaneEachAndManyAreCounted) {
  for (const int count : {1, 30, 31}) {
    FakeLedger ledger;
    for (int i = 0; i < count; ++i) {
      ledger.Append(day::Requested("env-" + std::to_string(i), day::User("alice"), day::kMorning + i * kSecond));
    }
    const std::string html = TimelineSection(Reported(ledger).contents());
    EXPECT_EQ(CountOf(html, "<th scope=\"row\">"), count <= 30 ? static_cast<size_t>(count) : 0u) << count;
    EXPECT_EQ(CountOf(html, "the highest is 31"), count <= 30 ? 0u : 1u) << html;
  }
}

TEST(Charts, AHistogramHoldsTimesThatAreYearsApart) {
  FakeLedger ledger;
  for (int i = 0; i < 40; ++i) {
    const Nanos at = i == 0 ? 0 : day::kMorning;
    ledger.Append(day::Requested("env-" + std::to_string(i), day::User("alice"), at));
  }
  const std::string html = TimelineSection(Reported(ledger).contents());
  EXPECT_EQ(CountOf(html, "<g><title>"), 2u) << "a bar for each end";
  EXPECT_THAT(html, HasSubstr("the highest is 39"));
}

TEST(Charts, ResourcesAreSummedExactlyAndADashIsNoZero) {
  FakeLedger ledger;
  for (const char* id : {"a", "b"}) {
    Transition asked = day::Requested(id, day::User("alice"));
    asked.requested = ResourceMap{day::Amount("gpu", "0.1"), day::Amount("disk", "500")};
    ledger.Append(asked);
  }
  Transition granted = day::GrantedGpus("a", "0");
  granted.granted->resources = {day::Amount("gpu", "0")};
  ledger.Append(granted);
  const auto html = ResourcesSection(Reported(ledger).contents());
  ASSERT_TRUE(html.ok());
  EXPECT_THAT(*html, HasSubstr("gpu requested: 200m"));
  EXPECT_THAT(*html, HasSubstr("gpu granted: 0"));
  EXPECT_THAT(*html, HasSubstr("gpu used: \u2013"));
  EXPECT_THAT(*html, HasSubstr("disk requested: 1,000"));
  EXPECT_THAT(*html, Not(HasSubstr("too large")));
}

}  // namespace
}  // namespace envledger
