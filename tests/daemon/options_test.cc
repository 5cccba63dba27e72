#include "ledger/daemon/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/paths.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;

TEST(DaemonOptions, HaveDifferentNamesAndTakeTheirOwnDefaults) {
  std::set<std::string> names;
  for (const DaemonOption& option : DaemonOptions()) {
    SCOPED_TRACE(option.name);
    EXPECT_TRUE(names.insert(option.name).second);
    EXPECT_FALSE(option.help.empty());
    DaemonConfig config;
    const Status taken = option.standard.empty() ? Ok() : option.set(config, option.standard);
    EXPECT_TRUE(taken.ok()) << taken.ToString();
    // What is given on the command line alone is a flag, with two exceptions.
    const bool takes_value = option.in_file || option.name == "config" || option.name == "accept-loss";
    EXPECT_EQ(option.placeholder.empty(), !takes_value);
  }
}

// What stands in the file is one name of each option, whether it is switched on or shows the default.
TEST(DaemonOptions, AreAllInTheDefaultConfigurationAndNothingElseIs) {
  std::set<std::string> in_file;
  std::ifstream file(std::string(ENVLEDGER_SOURCE_DIR) + "/systemd/envledger.conf");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line == "#" || line.rfind("# ", 0) == 0) continue;
    in_file.insert(line.substr(line[0] == '#' ? 1 : 0, line.find(" = ") - (line[0] == '#' ? 1 : 0)));
  }
  std::set<std::string> declared;
  for (const DaemonOption& option : DaemonOptions()) {
    if (option.in_file) declared.insert(option.name);
  }
  EXPECT_EQ(in_file, declared);
}

TEST(DaemonOptions, AreAllInTheHelpWhichFitsATerminal) {
  const std::string help = DaemonHelp();
  for (const DaemonOption& option : DaemonOptions()) {
    EXPECT_THAT(help, HasSubstr("  --" + option.name + (option.placeholder.empty() ? "" : " " + option.placeholder)));
  }
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

}  // namespace
}  // namespace envledger
