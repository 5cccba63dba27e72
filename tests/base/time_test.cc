#include "ledger/base/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <limits>
#include <random>

#include "ledger/base/span.h"

namespace envledger {
namespace {

using testing::HasSubstr;

constexpr Nanos kMax = std::numeric_limits<Nanos>::max();
constexpr Nanos kDay = 86400 * kSecond;

Nanos Parsed(std::string_view text) {
  const Result<Nanos> result = ParseTime(text);
  EXPECT_TRUE(result.ok()) << text << ": " << result.status().ToString();
  return result.ok() ? *result : -1;
}

void ExpectRefused(std::string_view text, std::string_view why = "not an RFC 3339 time") {
  const Result<Nanos> result = ParseTime(text);
  ASSERT_FALSE(result.ok()) << text << " was read as " << FormatTime(*result);
  EXPECT_EQ(result.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(result.status().message(), HasSubstr(std::string(why))) << text;
}

TEST(Time, IsWrittenWithAsManyDigitsAsNeeded) {
  EXPECT_EQ(FormatTime(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatTime(1), "1970-01-01T00:00:00.000000001Z");
  EXPECT_EQ(FormatTime(250'000'000), "1970-01-01T00:00:00.25Z");
  EXPECT_EQ(FormatTime(kSecond - 1), "1970-01-01T00:00:00.999999999Z");
  EXPECT_EQ(FormatTime(kDay - 1), "1970-01-01T23:59:59.999999999Z");
  EXPECT_EQ(FormatTime(kDay), "1970-01-02T00:00:00Z");
  EXPECT_EQ(FormatTime(kMax), "2262-04-11T23:47:16.854775807Z");
}

TEST(Time, BeforeItsRangeIsStillWrittenRight) {
  EXPECT_EQ(FormatTime(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(FormatTime(-kDay), "1969-12-31T00:00:00Z");
  EXPECT_EQ(FormatTime(std::numeric_limits<Nanos>::min()), "1677-09-21T00:12:43.145224192Z");
}

TEST(Time, EdgesOfTheRangeAreReadAndNothingBeyond) {
  EXPECT_EQ(Parsed("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(Parsed("2262-04-11T23:47:16.854775807Z"), kMax);
  ExpectRefused("1969-12-31T23:59:59.999999999Z", "outside 1970 to 2262");
  ExpectRefused("2262-04-11T23:47:16.854775808Z", "outside 1970 to 2262");
  ExpectRefused("0000-01-01T00:00:00Z", "outside 1970 to 2262");
  ExpectRefused("9999-12-31T23:59:59Z", "outside 1970 to 2262");
  // The offset decides.
  EXPECT_EQ(Parsed("1969-12-31T23:00:00-01:00"), 0);
  ExpectRefused("1970-01-01T00:59:59+01:00", "outside 1970 to 2262");
  EXPECT_EQ(Parsed("2262-04-12T00:47:16.854775807+01:00"), kMax);
}

TEST(Time, OffsetsAreSubtracted) {
  const Nanos noon = Parsed("2026-03-17T12:00:00Z");
  for (const char* text : {"2026-03-17T12:00:00+00:00", "2026-03-17T12:00:00-00:00", "2026-03-17T13:00:00+01:00",
                           "2026-03-17T17:30:00+05:30", "2026-03-17T07:00:00-05:00", "2026-03-18T11:59:00+23:59",
                           "2026-03-16T12:01:00-23:59", "2026-03-17t12:00:00z", "2026-03-17 12:00:00Z",
                           "2026-03-17T12:00:00.000000000Z"}) {
    EXPECT_EQ(Parsed(text), noon) << text;
  }
}

TEST(Time, FractionsHaveOneToNineDigits) {
  std::string digits;
  for (int i = 1; i <= 9; ++i) {
    digits += "1";
    Nanos expected = 0;
    for (int j = 0; j < 9; ++j) expected = expected * 10 + (j < i ? 1 : 0);
    EXPECT_EQ(Parsed("1970-01-01T00:00:00." + digits + "Z"), expected);
  }
  ExpectRefused("1970-01-01T00:00:00.Z");
  ExpectRefused("1970-01-01T00:00:00.1111111111Z");
  ExpectRefused("1970-01-01T00:00:00,5Z");
  ExpectRefused("1970-01-01T00:00:00.5.5Z");
}

TEST(Time, FebruaryHas29DaysInLeapYearsOnly) {
  for (const int year : {1972, 1996, 2000, 2024, 2096, 2104, 2400}) {
    const std::string day = std::to_string(year) + "-02-29T00:00:00Z";
    if (year < 2262) {
      EXPECT_EQ(FormatTime(Parsed(day)), day);
    } else {
      ExpectRefused(day, "outside 1970 to 2262");  // a date that exists
    }
    ExpectRefused(std::to_string(year) + "-02-30T00:00:00Z");
  }
  for (const int year : {1970, 1971, 2001, 2023, 2100, 2200, 2300}) {
    ExpectRefused(std::to_string(year) + "-02-29T00:00:00Z");
  }
  EXPECT_EQ(Parsed("2100-03-01T00:00:00Z") - Parsed("2100-02-28T00:00:00Z"), kDay);
  EXPECT_EQ(Parsed("2000-03-01T00:00:00Z") - Parsed("2000-02-28T00:00:00Z"), 2 * kDay);
}

TEST(Time, EveryDayOfItsRangeFollowsTheOneBefore) {
  Nanos expected = 0;
  for (int year = 1970; year < 2262; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int days[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= days[month - 1] + 1; ++day) {
        char text[64];
        std::snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
        if (day > days[month - 1]) {
          ExpectRefused(text);
          continue;
        }
        ASSERT_EQ(Parsed(text), expected) << text;
        ASSERT_EQ(FormatTime(expected), text);
        expected += kDay;
      }
    }
  }
}

TEST(Time, ALeapSecondIsTheSecondAfterItAndSaysSo) {
  bool leap_second = false;
  EXPECT_EQ(*ParseTime("2016-12-31T23:59:60Z", &leap_second), Parsed("2017-01-01T00:00:00Z"));
  EXPECT_TRUE(leap_second);
  EXPECT_EQ(*ParseTime("2017-01-01T00:00:00Z", &leap_second), Parsed("2017-01-01T00:00:00Z"));
  EXPECT_FALSE(leap_second);
  EXPECT_EQ(Parsed("2016-12-31T23:59:60.5Z"), Parsed("2017-01-01T00:00:00.5Z"));
  EXPECT_EQ(Parsed("2016-12-31T15:59:60-08:00"), Parsed("2017-01-01T00:00:00Z"));
  EXPECT_EQ(Parsed("2017-01-01T05:29:60+05:30"), Parsed("2017-01-01T00:00:00Z"));
  EXPECT_EQ(Parsed("1972-06-30T23:59:60Z"), Parsed("1972-07-01T00:00:00Z"));  // the first
  ExpectRefused("2016-12-31T23:59:61Z");
}

TEST(Time, ALeapSecondCanOnlyEndJuneOrDecemberInUtc) {
  const std::string why = "a leap second can only be";
  for (const char* text : {"2026-11-28T10:30:60Z", "2016-12-31T23:58:60Z", "2016-12-31T22:59:60Z",
                           "2016-12-30T23:59:60Z", "2016-12-31T23:59:60+01:00", "2016-12-31T23:59:60-00:01",
                           "1970-01-01T00:00:60Z", "1970-12-31T23:59:60Z", "1971-12-31T23:59:60Z"}) {
    ExpectRefused(text, why);
  }
  for (int month = 1; month <= 12; ++month) {
    const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    char text[64];
    std::snprintf(text, sizeof text, "2015-%02d-%02dT23:59:60Z", month, days[month - 1]);
    if (month == 6 || month == 12) {
      EXPECT_TRUE(ParseTime(text).ok()) << text;
    } else {
      ExpectRefused(text, why);
    }
  }
}

TEST(Time, EverythingElseIsRefused) {
  for (const char* text : {"",
                           "Z",
                           "now",
                           "2026",
                           "2026-03-17",
                           "2026-03-17T12:00Z",
                           "2026-03-17T12:00:00",
                           "2026-03-17T12:00:00 ",
                           "2026-03-17T12:00:00ZZ",
                           " 2026-03-17T12:00:00Z",
                           "2026-03-17T12:00:00Z ",
                           "2026-3-17T12:00:00Z",
                           "26-03-17T12:00:00Z",
                           "02026-03-17T12:00:00Z",
                           "+2026-03-17T12:00:00Z",
                           "-2026-03-17T12:00:00Z",
                           "2026-00-17T12:00:00Z",
                           "2026-13-17T12:00:00Z",
                           "2026-03-00T12:00:00Z",
                           "2026-03-32T12:00:00Z",
                           "2026-04-31T12:00:00Z",
                           "2026-03-17T24:00:00Z",
                           "2026-03-17T12:60:00Z",
                           "2026-03-17T1 :00:00Z",
                           "2026-03-17_12:00:00Z",
                           "2026/03/17T12:00:00Z",
                           "20260317T120000Z",
                           "2026-03-17T12:00:00+0100",
                           "2026-03-17T12:00:00+1:00",
                           "2026-03-17T12:00:00+24:00",
                           "2026-03-17T12:00:00+01:60",
                           "2026-03-17T12:00:00+01",
                           "2026-03-17T12:00:00+",
                           "2026-03-17T12:00:00UTC",
                           "1773748800",
                           "\xEF\xBC\x92"}) {
    ExpectRefused(text);
  }
  ExpectRefused(std::string(1000, '1'), "\"" + std::string(64, '1') + "\"...");
}

TEST(Time, WhatIsWrittenIsReadAsTheSameTimeAndAgreesWithTheSystem) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 50'000; ++i) {
    auto time = static_cast<Nanos>(random() >> 1);
    if (i % 2 == 0) time -= time % kSecond;
    const std::string text = FormatTime(time);
    ASSERT_EQ(Parsed(text), time) << text;
    const time_t seconds = time / kSecond;
    tm parts{};
    gmtime_r(&seconds, &parts);
    char expected[32];
    ASSERT_NE(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", &parts), 0u);
    ASSERT_EQ(text.substr(0, 19), expected);
  }
}

TEST(Time, SpansHaveTwoUnitsAtTheMost) {
  const std::pair<Nanos, const char*> kTable[] = {{0, "0ns"},
                                                  {999, "999ns"},
                                                  {1'000, "1us"},
                                                  {999'999, "999us"},
                                                  {1'000'000, "1ms"},
                                                  {230'999'999, "230ms"},
                                                  {kSecond - 1, "999ms"},
                                                  {kSecond, "1.0s"},
                                                  {1'599'999'999, "1.5s"},
                                                  {10 * kSecond - 1, "9.9s"},
                                                  {10 * kSecond, "10s"},
                                                  {60 * kSecond - 1, "59s"},
                                                  {60 * kSecond, "1m 0s"},
                                                  {3600 * kSecond - 1, "59m 59s"},
                                                  {3600 * kSecond, "1h 0m"},
                                                  {kDay - 1, "23h 59m"},
                                                  {kDay, "1d 0h"},
                                                  {3 * kDay + 4 * 3600 * kSecond, "3d 4h"},
                                                  {kMax, "106751d 23h"}};
  for (const auto& [span, text] : kTable) {
    EXPECT_EQ(FormatSpan(span), text);
    if (span > 0) {
      EXPECT_EQ(FormatSpan(-span), std::string("-") + text);
    }
  }
  EXPECT_EQ(FormatSpan(std::numeric_limits<Nanos>::min()), "-106751d 23h");
}

TEST(SpanBetween, IsTheDifferenceOrTheLongestSpan) {
  constexpr Nanos kMin = std::numeric_limits<Nanos>::min();
  EXPECT_EQ(SpanBetween(3, 10), 7);
  EXPECT_EQ(SpanBetween(10, 3), -7);
  EXPECT_EQ(SpanBetween(0, kMax), kMax);
  EXPECT_EQ(SpanBetween(-1, kMax), kMax);
  EXPECT_EQ(SpanBetween(kMin, kMax), kMax);
  EXPECT_EQ(SpanBetween(kMax, kMin), -kMax);
  EXPECT_EQ(SpanBetween(0, kMin), -kMax);
}

TEST(Time, TheSystemsClockTellsTheTimeOfTheSystem) {
  SystemClock clock;
  const time_t before = time(nullptr);
  const Nanos now = clock.Now();
  const time_t after = time(nullptr);
  // time() may lag by a clock tick.
  EXPECT_GE(now / kSecond, before);
  EXPECT_LE(now / kSecond, after + 1);
}

}  // namespace
}  // namespace envledger
