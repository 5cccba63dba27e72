#include "ledger/text/csv.h"

#include <gtest/gtest.h>

#include <string>

namespace envledger {
namespace {

TEST(Csv, QuotesWhatNeedsIt) { EXPECT_EQ(CsvRow({"a", "b,c", "d\"e", "", " f"}), "a,\"b,c\",\"d\"\"e\",, f\r\n"); }

TEST(Csv, KeepsARowOnOneLine) { EXPECT_EQ(CsvField("one\r\ntwo\x1b"), "one\\x0d\\x0atwo\\x1b"); }

TEST(Csv, DisarmsFormulas) {
  EXPECT_EQ(CsvField("=1+1"), "'=1+1");
  EXPECT_EQ(CsvField("+41"), "'+41");
  EXPECT_EQ(CsvField("@SUM(A1)"), "'@SUM(A1)");
  EXPECT_EQ(CsvField("-cmd|' /C calc'!A0"), "'-cmd|' /C calc'!A0");
  EXPECT_EQ(CsvField("\t=1"), "'\\x09=1");
  EXPECT_EQ(CsvField("\r=1"), "'\\x0d=1");
  for (const char* sign : {"\uff1d", "\uff0b", "\uff0d", "\uff20"}) {
    EXPECT_EQ(CsvField(sign + std::string("1")), "'" + std::string(sign) + "1") << "full-width";
  }
  EXPECT_EQ(CsvField("=HYPERLINK(\"x\",\"y\")"), "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
}

TEST(Csv, LeavesNegativeNumbersAlone) {
  EXPECT_EQ(CsvField("-5"), "-5");
  EXPECT_EQ(CsvField("-1.5"), "-1.5");
  for (const char* text : {"-", "-.5", "-5.", "-1-1", "-5m", "--5"}) EXPECT_EQ(CsvField(text), "'" + std::string(text));
}

}  // namespace
}  // namespace envledger
