#include "ledger/codec/quantity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace envledger {
namespace {

using testing::HasSubstr;
using Wide = __int128;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

int64_t Parsed(std::string_view text) {
  const Result<int64_t> result = ParseQuantity(text);
  EXPECT_TRUE(result.ok()) << text << ": " << result.status().ToString();
  return result.ok() ? *result : -1;
}

void ExpectRefused(std::string_view text, std::string_view why) {
  const Result<int64_t> result = ParseQuantity(text);
  ASSERT_FALSE(result.ok()) << text << " was read as " << *result;
  EXPECT_EQ(result.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(result.status().message(), HasSubstr(std::string(why))) << text;
  EXPECT_THAT(result.status().message(), HasSubstr("\"" + std::string(text.substr(0, 64)) + "\"")) << text;
}

struct Scale {
  std::string suffix;
  Wide numerator;  // milli-units of 1 with this suffix, as a fraction
  Wide denominator;
};

std::vector<Scale> AllScales() {
  std::vector<Scale> scales = {{"n", 1, 1'000'000}, {"u", 1, 1'000}, {"m", 1, 1}, {"", 1'000, 1}};
  Wide decimal = 1'000;
  for (const char* suffix : {"k", "M", "G", "T", "P", "E"}) scales.push_back({suffix, decimal *= 1000, 1});
  Wide binary = 1'000;
  for (const char* suffix : {"Ki", "Mi", "Gi", "Ti", "Pi", "Ei"}) scales.push_back({suffix, binary *= 1024, 1});
  Wide power = 1;
  for (int i = -3; i <= 18; ++i) {
    scales.push_back({"e" + std::to_string(i), power, 1});
    scales.push_back({"E" + std::to_string(i), power, 1});
    if (i >= 0) scales.push_back({"e+" + std::to_string(i), power, 1});
    power *= 10;
  }
  return scales;
}

TEST(Quantity, ReadsTheExamplesOfTheDesign) {
  EXPECT_EQ(Parsed("8"), 8000);
  EXPECT_EQ(Parsed("500m"), 500);
  EXPECT_EQ(Parsed("1.5"), 1500);
  EXPECT_EQ(Parsed("64Gi"), int64_t{64} * 1024 * 1024 * 1024 * 1000);
  EXPECT_EQ(Parsed("0"), 0);
  EXPECT_EQ(Parsed("-0"), 0);
  EXPECT_EQ(Parsed("-3"), -3000);
  EXPECT_EQ(Parsed("+3"), 3000);
  EXPECT_EQ(Parsed("007"), 7000);
}

TEST(Quantity, TellsExaFromExponent) {
  EXPECT_EQ(Parsed("1e3"), 1'000'000);
  EXPECT_EQ(Parsed("1E3"), 1'000'000);
  EXPECT_EQ(Parsed("1e+3"), 1'000'000);
  EXPECT_EQ(Parsed("5E-3"), 5);
  EXPECT_EQ(Parsed("0.001E"), 1'000'000'000'000'000'000);
  ExpectRefused("1E", "outside 64 bits");  // 10^18 units are 10^21 milli-units
  ExpectRefused("1e", "not a quantity");
  ExpectRefused("1E+", "not a quantity");
  ExpectRefused("1e3m", "not a quantity");
  ExpectRefused("1e1.5", "not a quantity");
}

TEST(Quantity, ReadsEverySuffixExactly) {
  for (const Scale& scale : AllScales()) {
    for (const int64_t number : {0, 1, 2, 3, 7, 10, 999, 1000, 1024, 123456, 1'000'000, 8'500'000, 2'000'000'000}) {
      const std::string text = std::to_string(number) + scale.suffix;
      const Wide milli = number * scale.numerator;
      if (milli % scale.denominator != 0) {
        ExpectRefused(text, "finer than a thousandth");
      } else if (milli / scale.denominator > kMax) {
        ExpectRefused(text, "outside 64 bits");
        ExpectRefused("-" + text, "outside 64 bits");
      } else {
        EXPECT_EQ(Parsed(text), static_cast<int64_t>(milli / scale.denominator)) << text;
        EXPECT_EQ(Parsed("-" + text), -static_cast<int64_t>(milli / scale.denominator)) << text;
      }
    }
  }
}

TEST(Quantity, ReadsFractionsExactlyOrNotAtAll) {
  std::mt19937_64 random(1);
  for (const Scale& scale : AllScales()) {
    for (int i = 0; i < 200; ++i) {
      const auto digits = static_cast<int>(random() % 7);
      Wide power = 1;
      for (int j = 0; j < digits; ++j) power *= 10;
      const auto number = static_cast<int64_t>(random() % 2'000'000);
      std::string fraction = std::to_string(static_cast<int64_t>(number % power));
      fraction.insert(0, static_cast<size_t>(digits) - std::min(fraction.size(), static_cast<size_t>(digits)), '0');
      std::string text = std::to_string(static_cast<int64_t>(number / power));
      if (digits > 0) text += "." + fraction;
      text += scale.suffix;
      const Wide milli = number * scale.numerator;
      const Wide divisor = power * scale.denominator;
      if (milli % divisor != 0) {
        ExpectRefused(text, "finer than a thousandth");
      } else if (milli / divisor > kMax) {
        ExpectRefused(text, "outside 64 bits");
      } else {
        EXPECT_EQ(Parsed(text), static_cast<int64_t>(milli / divisor)) << text;
      }
    }
  }
}

TEST(Quantity, StaysExactWhereTheDigitsDoNotFitAMachineWord) {
  // 2^-60 Ei is one unit, 2^-63 Ei an eighth of it: 125 milli-units.
  EXPECT_EQ(Parsed("0.000000000000000000867361737988403547205962240695953369140625Ei"), 1000);
  EXPECT_EQ(Parsed("0.000000000000000000108420217248550443400745280086994171142578125Ei"), 125);
  ExpectRefused("0.00000000000000000086736173798840354720596224069595336914062Ei", "finer than a thousandth");
  EXPECT_EQ(Parsed("8." + std::string(10'000, '0')), 8000);
  EXPECT_EQ(Parsed(std::string(10'000, '0') + "8"), 8000);
  EXPECT_EQ(Parsed("0." + std::string(999, '0') + "8e1000"), 8000);
  EXPECT_EQ(Parsed("8" + std::string(1000, '0') + "e-1000"), 8000);
  EXPECT_EQ(Parsed("0e99999999999999999999999"), 0);
}

TEST(Quantity, RefusesWhatIsFinerThanAMilliUnit) {
  for (const char* text : {"0.0001", "1.2345", "0.5m", "1u", "999n", "1500u", "1e-4", "0.0001Ki", "0.00000001E-1",
                           "1e-99999999999999999999", "-0.0009"}) {
    ExpectRefused(text, "finer than a thousandth");
  }
  EXPECT_EQ(Parsed("0.3Ki"), 307'200);  // 307.2 units
  EXPECT_EQ(Parsed("1000u"), 1);
  EXPECT_EQ(Parsed("1000000n"), 1);
}

TEST(Quantity, HoldsTheWholeRangeOf64BitsAndNotOneMore) {
  EXPECT_EQ(Parsed("9223372036854775807m"), kMax);
  EXPECT_EQ(Parsed("9223372036854775.807"), kMax);
  EXPECT_EQ(Parsed("-9223372036854775808m"), kMin);
  EXPECT_EQ(Parsed("-9223372036854775.808"), kMin);
  ExpectRefused("9223372036854775808m", "outside 64 bits");
  ExpectRefused("9223372036854775.808", "outside 64 bits");
  ExpectRefused("-9223372036854775809m", "outside 64 bits");
  ExpectRefused("18446744073709551616m", "outside 64 bits");
  ExpectRefused("18446744073709551617", "outside 64 bits");
  ExpectRefused("340282366920938463463374607431768211456m", "outside 64 bits");
  ExpectRefused("9.3P", "outside 64 bits");
  EXPECT_EQ(Parsed("9.2P"), 9'200'000'000'000'000'000);
  EXPECT_EQ(Parsed("8Pi"), int64_t{8} * (int64_t{1} << 50) * 1000);
  ExpectRefused("9Pi", "outside 64 bits");
  ExpectRefused("1Ei", "outside 64 bits");
  ExpectRefused("1e16", "outside 64 bits");
  ExpectRefused("1e99999999999999999999", "outside 64 bits");
}

TEST(Quantity, RefusesEverythingElse) {
  for (const char* text :
       {"",      " ",     "-",   "+",   ".",    "-.",   "m",   "Ki",   "8 ",  " 8",        "8 Gi",    "1,5",
        "1.2.3", "--8",   "+-8", "8K",  "8g",   "8GI",  "8gi", "8Kib", "8kB", "0x8",       "1_000",   "inf",
        "NaN",   "eight", "8e",  "8e+", "8ee3", "8Ee3", "8i",  "8mi",  "8mm", "8\xC3\xA9", "\xD9\xA8"}) {
    ExpectRefused(text, "not a quantity");
  }
}

TEST(Quantity, AcceptsAPointAtEitherEndAsKubernetesDoes) {
  EXPECT_EQ(Parsed(".5"), 500);
  EXPECT_EQ(Parsed("1."), 1000);
  EXPECT_EQ(Parsed("1.Ki"), 1'024'000);
}

TEST(Quantity, QuotesLongAndStrangeTextsWithoutHarm) {
  const Result<int64_t> longer = ParseQuantity(std::string(1000, 'x'));
  EXPECT_THAT(longer.status().message(), HasSubstr("\"" + std::string(64, 'x') + "\"..."));
  const Result<int64_t> strange = ParseQuantity("8\n\x1b[2J\xff");
  EXPECT_THAT(strange.status().message(), HasSubstr("\"8\\x0a\\x1b[2J\\xff\""));
}

TEST(Quantity, WritesWholeUnitsPlainAndOthersInMilliUnits) {
  EXPECT_EQ(FormatQuantity(int64_t{0}), "0");
  EXPECT_EQ(FormatQuantity(int64_t{8000}), "8");
  EXPECT_EQ(FormatQuantity(int64_t{-3000}), "-3");
  EXPECT_EQ(FormatQuantity(int64_t{1500}), "1500m");
  EXPECT_EQ(FormatQuantity(int64_t{-1}), "-1m");
  EXPECT_EQ(FormatQuantity(kMax), "9223372036854775807m");
  EXPECT_EQ(FormatQuantity(kMin), "-9223372036854775808m");
}

TEST(Quantity, WritesSumsOf128Bits) {
  EXPECT_EQ(FormatQuantity(Wide{kMax} * 1000), "9223372036854775807");
  EXPECT_EQ(FormatQuantity(Wide{kMin} * 1000), "-9223372036854775808");
  EXPECT_EQ(FormatQuantity(Wide{kMax} + kMax), "18446744073709551614m");
  const Wide least = static_cast<Wide>(static_cast<unsigned __int128>(1) << 127);
  EXPECT_EQ(FormatQuantity(least), "-170141183460469231731687303715884105728m");
}

TEST(Quantity, WhatIsWrittenIsReadAsTheSameAmount) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100'000; ++i) {
    // All magnitudes alike, not only the largest.
    const auto milli = static_cast<int64_t>(random()) >> (random() % 64);
    ASSERT_EQ(Parsed(FormatQuantity(milli)), milli);
    ASSERT_EQ(Parsed(HumanQuantity(milli)), milli);
    const int64_t round = (milli >> 34) * 1000 * (int64_t{1} << (random() % 20));
    ASSERT_EQ(Parsed(HumanQuantity(round)), round);
  }
  for (const int64_t milli : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, int64_t{1}, kMax - 1, kMax}) {
    EXPECT_EQ(Parsed(FormatQuantity(milli)), milli);
    EXPECT_EQ(Parsed(HumanQuantity(milli)), milli);
  }
}

TEST(Quantity, IsShownToPeopleWithTheLargestBinarySuffixThatIsExact) {
  EXPECT_EQ(HumanQuantity(Parsed("64Gi")), "64Gi");
  EXPECT_EQ(HumanQuantity(Parsed("65536Mi")), "64Gi");
  EXPECT_EQ(HumanQuantity(Parsed("1536Mi")), "1536Mi");
  EXPECT_EQ(HumanQuantity(Parsed("-1Mi")), "-1Mi");
  EXPECT_EQ(HumanQuantity(Parsed("1Ti")), "1Ti");
  EXPECT_EQ(HumanQuantity(Parsed("7Pi")), "7Pi");
  EXPECT_EQ(HumanQuantity(Parsed("512Ki")), "524288");
  EXPECT_EQ(HumanQuantity(Parsed("8G")), "8000000000");
  EXPECT_EQ(HumanQuantity(0), "0");
  EXPECT_EQ(HumanQuantity(8000), "8");
  EXPECT_EQ(HumanQuantity(1500), "1500m");
}

}  // namespace
}  // namespace envledger
