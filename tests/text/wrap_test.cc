#include "ledger/text/wrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace envledger {
namespace {

using testing::ElementsAre;

TEST(WrapColumns, BreaksAtSpacesAndInsideWordsThatAreTooLongAndLosesNothing) {
  EXPECT_EQ(WrapColumns("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(WrapColumns("abcdefgh", 3), (std::vector<std::string>{"abc", "def", "gh"}));
  EXPECT_EQ(WrapColumns("a bcdefgh", 4), (std::vector<std::string>{"a", "bcde", "fgh"}));
  EXPECT_EQ(WrapColumns("", 4), (std::vector<std::string>{""}));
  EXPECT_EQ(WrapColumns("any length at all", 0), (std::vector<std::string>{"any length at all"}));
  EXPECT_EQ(WrapColumns("go on: abcdefgh ok", 6, true), (std::vector<std::string>{"go on:", "abcdefgh", "ok"}));
  EXPECT_EQ(WrapColumns("abcdefgh", 3, true), (std::vector<std::string>{"abcdefgh"}));
  EXPECT_EQ(WrapColumns("\u65e5\u672c\u8a9e", 4), (std::vector<std::string>{"\u65e5\u672c", "\u8a9e"}))
      << "two columns each";
}

TEST(WrapColumns, BreaksBetweenCharactersAndNeverInsideOne) {
  EXPECT_THAT(WrapColumns("e\u0301e\u0301e\u0301", 2), ElementsAre("e\u0301e\u0301", "e\u0301"));
  EXPECT_THAT(WrapColumns("\U0001F1E9\U0001F1EA\U0001F1EB\U0001F1F7", 3),
              ElementsAre("\U0001F1E9\U0001F1EA", "\U0001F1EB\U0001F1F7"));
  EXPECT_THAT(WrapColumns("\u1112\u1161\u11AB\u1100\u1173\u11AF", 2),
              ElementsAre("\u1112\u1161\u11AB", "\u1100\u1173\u11AF"));
  EXPECT_THAT(WrapColumns("\U0001F44D\U0001F3FDx", 2), ElementsAre("\U0001F44D\U0001F3FD", "x"));
}

TEST(WrapColumns, ACharacterWiderThanTheLineStandsAlone) {
  EXPECT_THAT(WrapColumns("a\u6771b", 1), ElementsAre("a", "\u6771", "b"));
}

}  // namespace
}  // namespace envledger
