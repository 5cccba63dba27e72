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

}  // namespace
}  // namespace envledger
