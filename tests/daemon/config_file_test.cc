#include "ledger/daemon/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

// "line name=value|" for each setting, or what is wrong.
std::string Parsed(std::string_view text) {
  const auto settings = ParseConfigText(text);
  if (!settings.ok()) return settings.status().message();
  std::string out;
  for (const FileSetting& setting : *settings) {
    out += std::to_string(setting.line) + " " + setting.name + "=" + setting.value + "|";
  }
  return out;
}

TEST(ConfigFile, HoldsOneSettingALine) {
  EXPECT_EQ(Parsed("a = 1\nb=2\n\n\t c\t=  3 4 \nd = e=f"), "1 a=1|2 b=2|4 c=3 4|5 d=e=f|");
  EXPECT_EQ(Parsed(""), "");
  EXPECT_EQ(Parsed("a = 1\r\nb = 2\r\n"), "1 a=1|2 b=2|") << "line ends of another system";
}

TEST(ConfigFile, HoldsCommentsOnAnyLine) {
  EXPECT_EQ(Parsed("# all\n#a = 1\na = 2 # the rest\n  # indented\n"), "3 a=2|");
}

TEST(ConfigFile, ALineThatIsNoSettingIsNamed) {
  EXPECT_EQ(Parsed("a = 1\nnonsense\n"), "line 2: \"nonsense\" is not of the form NAME = VALUE");
  EXPECT_EQ(Parsed("[section]\n"), "line 1: \"[section]\" is not of the form NAME = VALUE");
  EXPECT_EQ(Parsed("= 1\n"), "line 1: \"= 1\" has no name before the equals sign");
  EXPECT_THAT(Parsed("a =\n"), HasSubstr("line 1: \"a\" has no value"));
  EXPECT_THAT(Parsed("a = # nothing\n"), HasSubstr("line 1: \"a\" has no value"));
}

TEST(ConfigFile, ControlCharactersAreRefused) {
  EXPECT_THAT(Parsed(std::string_view("a = x\0y\n", 8)), HasSubstr("line 1: \"a = x\\x00y\" has control characters"));
  EXPECT_THAT(Parsed("a = \x1b[2J\n"), HasSubstr("control characters"));
}

TEST(ConfigFile, IsReadWholeOrNotAtAll) {
  const TempDir directory;
  const std::string path = directory.path() + "/conf";
  std::ofstream(path) << "a = 1\n";
  const auto read = ReadConfigFile(path);
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->size(), 1u);
  for (const std::string& unreadable : {directory.path(), directory.path() + "/missing", std::string("/dev/zero")}) {
    const auto refused = ReadConfigFile(unreadable);
    EXPECT_EQ(refused.status().code(), Code::kInvalidArgument) << unreadable;
    EXPECT_EQ(refused.status().rule(), "config");
    EXPECT_THAT(refused.status().message(), HasSubstr(unreadable));
  }
}

}  // namespace
}  // namespace envledger
