#include "ledger/text/unicode.h"

#include <gtest/gtest.h>

#include <vector>

#include "ledger/base/bytes.h"
#include "tests/text/utf8.h"

namespace envledger {
namespace {

TEST(CodePoint, EveryOneOfUnicodeIsRead) {
  for (unsigned c = 0; c <= 0x10FFFF; c += c < 0x1000 ? 1 : 13) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = Utf8(c) + "x";
    const CodePoint point = FirstCodePoint(text);
    ASSERT_TRUE(point.valid) << std::hex << c;
    ASSERT_EQ(point.value, c);
    ASSERT_EQ(point.bytes, text.size() - 1);
  }
}

// The same as base's judge of texts says, which decides what may be stored.
TEST(CodePoint, ByteSequencesAreReadWhereTheyAreUtf8) {
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      for (const std::string end : {"", "\x80", "\xBF\xBF", "\x80\x80\x80", "x"}) {
        const std::string text = {static_cast<char>(a), static_cast<char>(b)};
        const CodePoint point = FirstCodePoint(text + end);
        const std::string first = (text + end).substr(0, point.bytes);
        ASSERT_EQ(IsUtf8(first), point.valid) << a << " " << b;
        if (!point.valid) {
          ASSERT_EQ(point.bytes, 1u);
          ASSERT_EQ(point.value, a);
        }
      }
    }
  }
}

struct Golden {
  std::string text;
  size_t columns;
  const char* what;
};

void ExpectOneCluster(const std::vector<Golden>& table) {
  for (const Golden& golden : table) {
    EXPECT_EQ(FirstCluster(golden.text).bytes, golden.text.size()) << golden.what;
    EXPECT_EQ(FirstCluster(golden.text).columns, golden.columns) << golden.what;
    EXPECT_EQ(FirstCluster(golden.text + "x").bytes, golden.text.size()) << golden.what;
    EXPECT_EQ(ColumnsOf("a" + golden.text + "b"), golden.columns + 2) << golden.what;
  }
}

TEST(Columns, OfLettersAndMarks) {
  ExpectOneCluster({{"a", 1, "a letter"},
                    {"\u00DC", 1, "an umlaut"},
                    {"e\u0301", 1, "a combining accent"},
                    {"a\u0300\u0301\u0302\u0303\u0304\u0305", 1, "many marks"},
                    {"o\u20DD", 1, "an enclosing mark"},
                    {"\u0644\u064E", 1, "an Arabic vowel sign"},
                    {"\u05E9\u05C1\u05BC", 1, "Hebrew points"},
                    {"\u0E01\u0E34\u0E4C", 1, "Thai marks"},
                    {"\u0915\u094D", 1, "a Devanagari consonant without its vowel"},
                    {"\u0915\u093E", 2, "a Devanagari vowel sign with a place of its own"},
                    {"\u0BA8\u0BBF", 2, "a Tamil vowel sign with a place of its own"},
                    {"\u00A1", 1, "wide only in East Asian typesetting"}});
}

TEST(Columns, OfWideCharacters) {
  ExpectOneCluster({{"\u6771", 2, "a Han character"},
                    {"\u3042", 2, "a kana"},
                    {"\u304B\u3099", 2, "a kana with its voicing mark"},
                    {"\uFF21", 2, "a full-width letter"},
                    {"\uFF71", 1, "a half-width kana"},
                    {"\u3000", 2, "the ideographic space"},
                    {"\U00020000", 2, "a Han character beyond the basic plane"}});
}

TEST(Columns, OfHangul) {
  ExpectOneCluster({{"\uD55C", 2, "a syllable"},
                    {"\u1112\u1161", 2, "two letters, one syllable"},
                    {"\u1112\u1161\u11AB", 2, "three letters, one syllable"},
                    {"\uD558\u11AB", 2, "a syllable and a final letter"},
                    {"\u1112", 2, "a leading letter alone"},
                    {"\u1161", 0, "a vowel that joins nothing here"},
                    {"\uD7B0", 0, "an old vowel"},
                    {"\u3131", 2, "a compatibility letter"}});
  EXPECT_EQ(ColumnsOf("\u1112\u1161\u11AB\u1100\u1173\u11AF"), 4u);  // two syllables of three letters each
}

TEST(Columns, OfEmoji) {
  ExpectOneCluster({{"\U0001F680", 2, "a rocket"},
                    {"\U0001F44D\U0001F3FD", 2, "a skin tone"},
                    {"\U0001F1E9\U0001F1EA", 2, "a flag"},
                    {"\U0001F1E9", 1, "half of a flag"},
                    {"\U0001F469\u200D\U0001F469\u200D\U0001F467", 2, "a family, joined"},
                    {"\U0001F469\U0001F3FF\u200D\U0001F4BB", 2, "a skin tone, and joined"},
                    {"\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", 2, "a flag by tags"},
                    {"\u2764", 1, "a heart as text"},
                    {"\u2764\uFE0E", 1, "a heart that is to be text"},
                    {"\u2764\uFE0F", 2, "a heart that is to be a picture"},
                    {"\u00A9\uFE0F", 2, "a copyright sign that is to be a picture"},
                    {"1\uFE0F\u20E3", 2, "a keycap"},
                    {"1\u20E3", 1, "a keycap as text"},
                    {"a\uFE0F", 1, "a letter that has no picture"},
                    {"\u231A", 2, "a watch, which is a picture by itself"}});
  EXPECT_EQ(ColumnsOf("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7"), 4u) << "two flags";
}

TEST(Columns, AJoinerBetweenLettersJoinsNothing) {
  EXPECT_EQ(FirstCluster("a\u200Db").bytes, 4u);
  EXPECT_EQ(ColumnsOf("a\u200Db"), 2u);
}

TEST(Columns, AByteThatIsNotUtf8IsAClusterOfItsOwn) {
  EXPECT_EQ(FirstCluster("\xFF\xCC\x81").bytes, 1u);
  EXPECT_EQ(FirstCluster("a\xCC").bytes, 1u);
  EXPECT_EQ(ColumnsOf("a\xFF\xFE"), 3u);
}

TEST(Columns, TextIsCutBetweenClusters) {
  EXPECT_EQ(CutToColumns("\u6771\u4EAC\u90FD", 5), "\u6771\u4EAC\u2026");
  EXPECT_EQ(CutToColumns("\u6771\u4EAC\u90FD", 4), "\u6771\u2026");
  EXPECT_EQ(CutToColumns("abc", 3), "abc");
  EXPECT_EQ(CutToColumns("abcd", 3), "ab\u2026");
  EXPECT_EQ(CutToColumns("abcd", 0), "");
  EXPECT_EQ(CutToColumns("e\u0301e\u0301e\u0301", 2), "e\u0301\u2026");
  EXPECT_EQ(CutToColumns("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", 3), "\U0001F1E9\U0001F1EA\u2026");
  EXPECT_EQ(CutToColumns("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", 2), "\u2026");
  EXPECT_EQ(CutToColumns("\u1112\u1161\u11ABab", 3), "\u1112\u1161\u11AB\u2026");
}

}  // namespace
}  // namespace envledger
