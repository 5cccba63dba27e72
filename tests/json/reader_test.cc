// What a text must be to be read is tested through the form of transitions, in tests/codec; here, what a caller gets.
#include "ledger/json/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace envledger {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(JsonReader, GivesMembersAndItemsInTheOrderOfTheText) {
  JsonReader in(R"( {"b" : [1, 2, -3], "a":true,"c":"" } )");
  std::vector<std::string> read;
  const bool good = in.Object([&](std::string_view key) {
    read.emplace_back(key);
    bool value = false;
    std::string_view text;
    if (key == "a") return in.Boolean(value) && value;
    if (key == "c") return in.AnyText(text) && text.empty();
    return in.List([&] {
      if (!in.Integer(text)) return false;
      read.emplace_back(text);
      return true;
    });
  });
  EXPECT_TRUE(good && in.End()) << in.status().ToString();
  EXPECT_THAT(read, ElementsAre("b", "1", "2", "-3", "a", "c"));
}

TEST(JsonReader, ATextMayBeEmptyOnlyWhereTheCallerSaysSo) {
  std::string_view text = "before";
  EXPECT_TRUE(JsonReader("\"\"").AnyText(text));
  EXPECT_EQ(text, "");
  JsonReader in("\"\"");
  EXPECT_FALSE(in.Text(text));
  EXPECT_THAT(in.status().message(), HasSubstr("is empty"));
}

TEST(JsonReader, AnUnsignedNumberHas64Bits) {
  uint64_t value = 1;
  EXPECT_TRUE(JsonReader("0").Unsigned(value));
  EXPECT_EQ(value, 0u);
  EXPECT_TRUE(JsonReader("18446744073709551615").Unsigned(value));
  EXPECT_EQ(value, UINT64_MAX);
  for (const char* text : {"18446744073709551616", "-1", "-0"}) {
    JsonReader in(text);
    EXPECT_FALSE(in.Unsigned(value)) << text;
    EXPECT_THAT(in.status().message(), HasSubstr("not a number from 0 to 2^64 - 1")) << text;
  }
  for (const char* text : {"1.0", "1e3", "01", "\"1\"", "null", "", "x"}) {
    EXPECT_FALSE(JsonReader(text).Unsigned(value)) << text;
  }
}

TEST(JsonReader, KeepsItsFirstErrorAndSaysWhere) {
  JsonReader in(R"({"rows":[["a"],["b",7]]})");
  std::string_view text;
  const bool good =
      in.Object([&](std::string_view) { return in.List([&] { return in.List([&] { return in.Text(text); }); }); });
  EXPECT_FALSE(good);
  EXPECT_FALSE(in.Fail("later"));
  EXPECT_EQ(in.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(in.status().rule(), "rows[1][1]");
  EXPECT_EQ(in.status().message(), "expected a string, found a number");
}

TEST(JsonReader, ARefusalMayNameAMemberThatIsNotThere) {
  JsonReader in(R"({"answer":{}})");
  const auto nothing = [](std::string_view) { return true; };
  EXPECT_FALSE(in.Object([&](std::string_view) { return in.Object(nothing) && in.Fail("is missing", "root"); }));
  EXPECT_EQ(in.status().rule(), "answer.root");
}

TEST(JsonReader, NestingCostsNothing) {
  const std::string deep = "{\"list\":" + std::string(10'000'000, '[');
  JsonReader in(deep);
  std::string_view text;
  EXPECT_FALSE(in.Object([&](std::string_view) { return in.List([&] { return in.Text(text); }); }));
  EXPECT_EQ(in.status().message(), "expected a string, found a list");
}

TEST(JsonReader, ReadsTextsAsAnotherReaderDoes) {
  for (const std::string text : {R"("plain")", R"("a\"\\\/\b\f\n\r\t")", R"("\u00e9\u4eac\ud83d\ude80")", R"("\u0000")",
                                 "\"\u4eac\U0001f680\"", R"("\u0041\u007f\u0080")"}) {
    std::string_view value;
    JsonReader in(text);
    ASSERT_TRUE(in.AnyText(value) && in.End()) << text;
    EXPECT_EQ(value, nlohmann::json::parse(text).get<std::string>()) << text;
  }
}

}  // namespace
}  // namespace envledger
