#include "ledger/text/safe_text.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "tests/text/utf8.h"

namespace envledger {
namespace {

TEST(SafeText, LeavesReadableTextAlone) {
  for (const char* text : {"", "alice", "Übersicht", "東京", "👩", "C:\\temp", "naïve"}) EXPECT_EQ(SafeText(text), text);
}

TEST(SafeText, WritesOutWhatATerminalWouldObey) {
  EXPECT_EQ(SafeText("a\x1b[31mb"), "a\\x1b[31mb");
  EXPECT_EQ(SafeText("one\ntwo\r\t\x7f"), "one\\x0atwo\\x0d\\x09\\x7f");
  EXPECT_EQ(SafeText(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(SafeText("\xc2\x9b"
                     "31m"),
            "\\x9b31m")
      << "the C1 form of ESC [";
}

TEST(SafeText, WritesOutWhatDeceivesTheEye) {
  EXPECT_EQ(SafeText("user\u202egpj"), "user\\u{202e}gpj");
  EXPECT_EQ(SafeText("\u2066x\u2069"), "\\u{2066}x\\u{2069}");
  EXPECT_EQ(SafeText("ali\u200bce"), "ali\\u{200b}ce");
  EXPECT_EQ(SafeText("\ufeff\u2028"), "\\u{feff}\\u{2028}");
}

TEST(SafeText, WritesOutBytesThatAreNotUtf8) {
  EXPECT_EQ(SafeText("\xff"), "\\xff");
  EXPECT_EQ(SafeText("\xc0\xaf"), "\\xc0\\xaf") << "an overlong slash";
  EXPECT_EQ(SafeText("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(SafeText("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past U+10FFFF";
  EXPECT_EQ(SafeText("caf\xc3"), "caf\\xc3");
}

// Every one of these could hide in a name, or turn it around.
TEST(SafeText, WritesOutEveryCharacterThatShowsAsNothing) {
  const struct {
    unsigned first;
    unsigned last;
  } kInvisible[] = {{0xAD, 0xAD},       {0x34F, 0x34F},    {0x600, 0x605},   {0x61C, 0x61C},     {0x6DD, 0x6DD},
                    {0x70F, 0x70F},     {0x890, 0x891},    {0x8E2, 0x8E2},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
                    {0x180B, 0x180F},   {0x200B, 0x200F},  {0x2028, 0x202E}, {0x2060, 0x206F},   {0x3164, 0x3164},
                    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},  {0xFFF0, 0xFFFB}, {0x110BD, 0x110BD}, {0x1BCA0, 0x1BCA3},
                    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
  for (const auto& [first, last] : kInvisible) {
    for (unsigned c = first; c <= last; ++c) {
      char escaped[16];
      std::snprintf(escaped, sizeof escaped, "\\u{%04x}", c);
      EXPECT_EQ(SafeText("a" + Utf8(c) + "b"), "a" + std::string(escaped) + "b");
    }
  }
}

TEST(SafeText, LeavesWhatShowsAlone) {
  for (const unsigned c : {0x20u, 0x7Eu, 0xA0u, 0x301u, 0x5D0u, 0x645u, 0x1100u, 0x1161u, 0x20E3u, 0x2603u, 0xAC00u,
                           0xE000u, 0xFE00u, 0xFE0Fu, 0xFFFCu, 0xFFFDu, 0x1F1E6u, 0x1F3FDu, 0x1F680u}) {
    EXPECT_EQ(SafeText("a" + Utf8(c)), "a" + Utf8(c)) << std::hex << c;
  }
}

// The joiner shows as nothing between letters too, so it is written out everywhere: a family falls apart and nobody is
// deceived.
TEST(SafeText, EmojiStayButForTheirInvisibleParts) {
  EXPECT_EQ(SafeText("\U0001F469\u200D\U0001F4BB"), "\U0001F469\\u{200d}\U0001F4BB");
  EXPECT_EQ(SafeText("\u2764\uFE0F"), "\u2764\uFE0F");
  EXPECT_EQ(SafeText("\U0001F1E9\U0001F1EA"), "\U0001F1E9\U0001F1EA");
  EXPECT_EQ(SafeText("\U0001F44D\U0001F3FD"), "\U0001F44D\U0001F3FD");
  EXPECT_EQ(SafeText("\U0001F3F4\U000E0067\U000E007F"), "\U0001F3F4\\u{e0067}\\u{e007f}") << "a flag by tags";
}

TEST(SafeLines, KeepsTheEndsOfLinesAndNothingElse) {
  EXPECT_EQ(SafeLines("one\ntwo\r\n\nthree"), "one\ntwo\\x0d\n\nthree");
  EXPECT_EQ(SafeLines("one\n"), "one\n");
  EXPECT_EQ(SafeLines(""), "");
}

}  // namespace
}  // namespace envledger
