#include "cli/output/key_list.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/chain_builder.h"
#include "tests/support/manual_clock.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

class KeyListTest : public ::testing::Test {
 protected:
  KeyListTest()
      : keys_(
            *KeyHistory::From(Genesis{kTestOrigin, TestKey(1).public_key(), kFormatVersion, kTestStart}, kTestStart)) {}
  void Rotate() {
    EXPECT_TRUE(keys_.Add(1234, kTestStart + kSecond, MakeRotation(kTestOrigin, TestKey(1), TestKey(2))).ok());
  }
  std::string Printed(Format format) {
    std::ostringstream out;
    std::ostringstream err;
    Context context{.out = out, .err = err};
    OutputStyle style;
    style.format = format;
    PrintKeys(context, style, keys_);
    return out.str();
  }
  static std::string Vkey(char seed) { return FormatVerifierKey(TestVerifierKey(seed)); }

  KeyHistory keys_;
};

TEST_F(KeyListTest, OfOneKeyNobodyVouchesForIt) {
  const json printed = json::parse(Printed(Format::kJson));
  EXPECT_EQ(printed["origin"], kTestOrigin);
  ASSERT_EQ(printed["keys"].size(), 1u);
  EXPECT_TRUE(printed["keys"][0]["vouched_for_by"].is_null());
  EXPECT_TRUE(Printed(Format::kCsv).ends_with(",\r\n"));
  EXPECT_NE(Printed(Format::kTable).find("genesis"), std::string::npos);
}

TEST_F(KeyListTest, EachKeyIsVouchedForByTheOneBefore) {
  Rotate();
  EXPECT_EQ(Printed(Format::kCsv).substr(0, 36), "vkey,seq,recorded_at,vouched_for_by\r");
  EXPECT_NE(Printed(Format::kCsv).find(Vkey(2) + ",1234,"), std::string::npos);
  std::istringstream lines(Printed(Format::kJsonl));
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(json::parse(line)["vkey"], Vkey(1));
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(json::parse(line)["vouched_for_by"], Vkey(1));
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(KeyListTest, TheTableNeverCutsAKey) {
  Rotate();
  const std::string table = Printed(Format::kTable);
  for (const char seed : {1, 2}) EXPECT_NE(table.find(Vkey(seed)), std::string::npos) << table;
  EXPECT_NE(table.find("1,234"), std::string::npos) << table;
}

TEST(PrintVerifierKey, RefusesAnOriginThatIsNone) {
  std::ostringstream out;
  std::ostringstream err;
  Context context{.out = out, .err = err};
  EXPECT_EQ(PrintVerifierKey(context, kTestOrigin, TestKey()), ExitStatus::kFine);
  EXPECT_EQ(out.str(), FormatVerifierKey(TestVerifierKey()) + "\n");
  out.str("");
  EXPECT_NE(PrintVerifierKey(context, "two words", TestKey()), ExitStatus::kFine);
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace envledger::cli
