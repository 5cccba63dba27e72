#include "ledger/base/bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

namespace envledger {
namespace {

std::string RandomBytes(std::mt19937& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST(Bytes, BigEndianIntegersComeBackAndSortAsTheirNumbersDo) {
  const std::vector<uint64_t> numbers = {
      0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFFFFFF, 0x100000000, uint64_t{1} << 63, std::numeric_limits<uint64_t>::max()};
  std::vector<std::string> keys;
  for (const uint64_t number : numbers) {
    keys.push_back(U64Key(number));
    EXPECT_EQ(keys.back().size(), 8u);
    EXPECT_EQ(ReadU64(keys.back()), number);
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
  EXPECT_EQ(U64Key(0x0102030405060708), "\x01\x02\x03\x04\x05\x06\x07\x08");
  std::string out = "x";
  AppendU32(out, 0x80FF0001);
  EXPECT_EQ(out, std::string("x\x80\xFF\x00\x01", 5));
  EXPECT_EQ(ReadU32(out.substr(1)), 0x80FF0001u);
  EXPECT_EQ(ReadU64(U64Key(5) + "more"), 5u);
}

TEST(Bytes, AHashIsExactly32Bytes) {
  std::mt19937 random(1);
  const std::string bytes = RandomBytes(random, 32);
  ASSERT_TRUE(HashFrom(bytes).has_value());
  EXPECT_EQ(View(*HashFrom(bytes)), bytes);
  EXPECT_EQ(HashFrom(bytes.substr(1)), std::nullopt);
  EXPECT_EQ(HashFrom(bytes + "x"), std::nullopt);
  EXPECT_EQ(HashFrom(""), std::nullopt);
}

TEST(Bytes, HexIsWrittenInLowerCaseAndReadInEither) {
  EXPECT_EQ(Hex(""), "");
  EXPECT_EQ(Hex(std::string("\x00\x0F\xA5\xFF", 4)), "000fa5ff");
  EXPECT_EQ(ParseHex("000fA5Ff"), std::string("\x00\x0F\xA5\xFF", 4));
  EXPECT_EQ(ParseHex(""), "");
  for (const char* text : {"0", "000", "0g", "g0", " 00", "0x00", "00 ", "-1", "0\xC3"}) {
    EXPECT_EQ(ParseHex(text), std::nullopt) << text;
  }
}

TEST(Bytes, Base64AgreesWithTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"},
                                                          {"\xFB\xFF\xBE", "+/++"}};
  for (const auto& [bytes, text] : kVectors) {
    EXPECT_EQ(Base64(bytes), text);
    EXPECT_EQ(ParseBase64(text), bytes);
  }
}

TEST(Bytes, Base64RefusesEverySecondSpelling) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm9v=", "Zm9vZg",
                           " Zg==", "Zg== ", "Zg\n==", "Zg=a", "Z=g=", "Zg==Zg==", "Zh==", "Zm9=", "Zm-_", "Zm9\xC3"}) {
    EXPECT_EQ(ParseBase64(text), std::nullopt) << text;
  }
}

TEST(Bytes, RandomBytesComeBackFromTheirTexts) {
  std::mt19937 random(2);
  for (size_t size = 0; size < 200; ++size) {
    const std::string bytes = RandomBytes(random, size);
    EXPECT_EQ(ParseHex(Hex(bytes)), bytes);
    EXPECT_EQ(ParseBase64(Base64(bytes)), bytes);
  }
}

// By the definition, without tables: decode, and see that encoding gives the same bytes.
bool IsUtf8ByDefinition(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t j) { return static_cast<unsigned>(static_cast<uint8_t>(text[j])); };
    const unsigned lead = byte(i);
    const size_t size = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
    if (size == 0 || i + size > text.size()) return false;
    unsigned point = size == 1 ? lead : lead & (0x7Fu >> size);
    for (size_t j = i + 1; j < i + size; ++j) {
      if (byte(j) >> 6 != 2) return false;
      point = point << 6 | (byte(j) & 0x3F);
    }
    static constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[size] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    i += size;
  }
  return true;
}

TEST(Bytes, Utf8IsJudgedByItsDefinition) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      for (const std::string_view rest : {"", "\x80", "\xBF", "\x80\x80", "\xBF\xBF", "\x7F", "\xC0", "\x80\x80\x80"}) {
        std::string text = {static_cast<char>(first), static_cast<char>(second)};
        text += rest;
        ASSERT_EQ(IsUtf8(text), IsUtf8ByDefinition(text)) << Hex(text);
        // The same where the fast path over eight ASCII bytes meets it, at each distance.
        for (size_t ascii = 6; ascii <= 9; ++ascii) {
          ASSERT_EQ(IsUtf8(std::string(ascii, 'a') + text + "12345678"), IsUtf8ByDefinition(text + "1")) << Hex(text);
        }
      }
    }
  }
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8(std::string_view("a\0b", 3)));
}

TEST(Bytes, QuotedTextIsShortPrintableAndWellFormed) {
  EXPECT_EQ(Quoted(""), "\"\"");
  EXPECT_EQ(Quoted("plain \xC3\xA9 \xF0\x9F\x9A\x80"), "\"plain \xC3\xA9 \xF0\x9F\x9A\x80\"");
  EXPECT_EQ(Quoted("\n\x1b\x7f\"\\"), R"("\x0a\x1b\x7f\x22\x5c")");
  EXPECT_EQ(Quoted("\xC2\x9B\xC2\xA0"), "\"\\xc2\\x9b\xC2\xA0\"");  // a control character of two bytes, and a space
  EXPECT_EQ(Quoted("\xFF\xC3"), R"("\xff\xc3")");
  EXPECT_EQ(Quoted(std::string(64, 'a')), "\"" + std::string(64, 'a') + "\"");
  EXPECT_EQ(Quoted(std::string(65, 'a')), "\"" + std::string(64, 'a') + "\"...");
  EXPECT_EQ(Quoted(std::string(63, 'a') + "\xC3\xA9"), "\"" + std::string(63, 'a') + "\"...");
  std::mt19937 random(3);
  for (size_t size = 0; size < 200; ++size) {
    const std::string quoted = Quoted(RandomBytes(random, size));
    EXPECT_TRUE(IsUtf8(quoted));
    EXPECT_LE(quoted.size(), 64u * 4 + 5);
  }
}

TEST(Bytes, DecimalsHaveOneSpelling) {
  EXPECT_EQ(ParseDecimal("0"), 0u);
  EXPECT_EQ(ParseDecimal("42"), 42u);
  EXPECT_EQ(ParseDecimal("18446744073709551615"), std::numeric_limits<uint64_t>::max());
  for (const char* text : {"", "00", "01", "+1", "-1", "-0", " 1", "1 ", "1.0", "1e3", "0x1", "18446744073709551616",
                           "99999999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace envledger
