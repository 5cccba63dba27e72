#include "cli/arguments/time_argument.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/day.h"

namespace envledger::cli {
namespace {

using day::kMorning;

TEST(TimeArgument, IsATimeADateOrASpanAgo) {
  const Nanos now = kMorning;
  EXPECT_EQ(*ParseTimeArgument("2026-03-17T10:20:00+01:00", now), kMorning);
  EXPECT_EQ(FormatTime(*ParseTimeArgument("2026-03-17", now)), "2026-03-17T00:00:00Z");
  EXPECT_EQ(*ParseTimeArgument("90m", now), kMorning - 5400 * kSecond);
  EXPECT_EQ(*ParseTimeArgument("24h", now), *ParseTimeArgument("1d", now));
  EXPECT_EQ(*ParseTimeArgument("1w", now), *ParseTimeArgument("6d24h", now));
  EXPECT_EQ(*ParseTimeArgument("0s", now), now);
  EXPECT_TRUE(IsSpanAgo("90m"));
  EXPECT_FALSE(IsSpanAgo("2026-03-17"));
  EXPECT_FALSE(IsSpanAgo(""));
  const auto leap_second = ParseTimeArgument("2016-12-31T23:59:60Z", now);
  ASSERT_FALSE(leap_second.ok());
  EXPECT_NE(leap_second.status().message().find("give 2017-01-01T00:00:00Z"), std::string::npos);
}

TEST(TimeArgument, RefusesAllElseAndSaysWhatItTakes) {
  for (const char* text : {"", "7", "d", "7y", "-1d", "1.5h", "yesterday", "2026-13-01", "2026-03-17T09:20:00",
                           "99999999999999999d", "20000w"}) {
    const auto time = ParseTimeArgument(text, kMorning);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_NE(time.status().message().find("\"" + std::string(text) + "\""), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace envledger::cli
