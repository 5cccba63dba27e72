#include "ledger/json/writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace envledger {
namespace {

TEST(JsonString, EscapesWhatAStringMayNotHold) {
  EXPECT_EQ(JsonString(""), "\"\"");
  EXPECT_EQ(JsonString("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(JsonString("\b\f\n\r\t\v"), R"("\b\f\n\r\t\u000b")");
}

TEST(JsonString, CarriesNoControlCharacterIntoATerminal) {
  EXPECT_EQ(JsonString(std::string_view("\0\x1b[2J", 5)), "\"\\u0000\\u001b[2J\"");
  EXPECT_EQ(JsonString("\x7f"), R"("\u007f")");
  EXPECT_EQ(JsonString("\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0\xC2\xBF"), "\"\\u0080\\u009b\\u009f\xC2\xA0\xC2\xBF\"");
  EXPECT_EQ(JsonString("\xE2\x80\xA8\xF0\x9F\x9A\x80"), "\"\xE2\x80\xA8\xF0\x9F\x9A\x80\"");
}

TEST(JsonString, IsReadBackByAnotherReader) {
  for (char32_t c = 1; c < 0x800; ++c) {
    std::string text = "<";
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else {
      text += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    }
    text += ">";
    EXPECT_EQ(nlohmann::json::parse(JsonString(text)).get<std::string>(), text) << static_cast<unsigned>(c);
  }
}

TEST(JsonObject, WritesFieldsInTheOrderGiven) {
  JsonObject json;
  EXPECT_TRUE(json.empty());
  EXPECT_EQ(json.str(), "{}");
  json.Text("b", "x").Number("a", UINT64_MAX).Number("n", -1).Bool("t", true).Raw("list", "[1]");
  EXPECT_EQ(json.str(), R"({"b":"x","a":18446744073709551615,"n":-1,"t":true,"list":[1]})");
  EXPECT_FALSE(json.empty());
}

TEST(JsonObject, TellsAbsentFromEmptyWhereTheCallerDoes) {
  JsonObject json;
  json.TextOrNull("a", "").TextIfAny("b", "").Text("c", "").NumberOrNull("d", std::optional<uint64_t>());
  json.TextOrNull("e", "x").TextIfAny("f", "y").NumberOrNull("g", std::optional<uint64_t>(0));
  EXPECT_EQ(json.str(), R"({"a":null,"c":"","d":null,"e":"x","f":"y","g":0})");
}

TEST(JsonObject, ANameMayBeAnyText) {
  JsonObject json;
  json.Text("nvidia.com/gpu\"\n\x7f", "1");
  EXPECT_EQ(json.str(), R"({"nvidia.com/gpu\"\n\u007f":"1"})");
}

TEST(JsonArray, SeparatesItsElements) {
  EXPECT_EQ(JsonArray({}), "[]");
  EXPECT_EQ(JsonArray({"1", "{}"}), "[1,{}]");
  EXPECT_EQ(JsonStrings({}), "[]");
  EXPECT_EQ(JsonStrings({"a", "\"", ""}), R"(["a","\"",""])");
}

}  // namespace
}  // namespace envledger
