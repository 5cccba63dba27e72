// The manual pages as they are installed.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "cli/commands/commands.h"
#include "ledger/daemon/options.h"
#include "tests/support/paths.h"
#include "tests/support/process.h"

namespace envledger::cli {
namespace {

const std::string kPages[] = {"envledger.1", "envledgerd.8", "envledger.conf.5"};

std::string PathOf(const std::string& page) { return std::string(ENVLEDGER_BINARY_DIR) + "/manual/" + page; }

std::string Page(const std::string& page) {
  std::ifstream in(PathOf(page));
  EXPECT_TRUE(in) << PathOf(page);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// "--data-dir" as the source of a page spells it.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '-' ? std::string("\\-") : std::string(1, c);
  return escaped;
}

TEST(Manual, NamesEveryCommandAndEveryOptionOfEach) {
  const std::string page = Page("envledger.1");
  for (size_t i = 0; i < AllCommands().size(); ++i) {
    const Command& command = AllCommands()[i];
    const size_t begin = page.find(".SS \"" + Escaped(std::string(command.name)) + "\"\n");
    ASSERT_NE(begin, std::string::npos) << command.name;
    const std::string section = page.substr(begin, page.find("\n.S", begin + 1) - begin);
    for (const OptionSpec& spec : command.options) {
      EXPECT_NE(section.find(".TP\n\\fB" + Escaped("--" + std::string(spec.name)) + "\\fR"), std::string::npos)
          << command.name << " --" << spec.name;
    }
  }
}

TEST(Manual, NamesEveryOptionOfTheDaemonAndEverySetting) {
  const std::string daemon = Page("envledgerd.8");
  const std::string settings = Page("envledger.conf.5");
  for (const DaemonOption& option : DaemonOptions()) {
    EXPECT_NE(daemon.find("\\fB" + Escaped("--" + option.name) + "\\fR"), std::string::npos) << option.name;
    const bool there = settings.find(".TP\n\\fB" + Escaped(option.name) + "\\fR") != std::string::npos;
    EXPECT_EQ(there, option.in_file) << option.name;
  }
}

TEST(Manual, FormatsWithoutAWarning) {
  if (access("/usr/bin/groff", X_OK) != 0) GTEST_SKIP() << "groff is not installed: the pages are not formatted";
  for (const std::string& page : kPages) {
    const Ended ended = RunProgram({"/usr/bin/groff", "-man", "-ww", "-Tutf8", PathOf(page)});
    EXPECT_EQ(ended.status, 0) << page;
    EXPECT_EQ(ended.err, "") << page;
    EXPECT_GT(ended.out.size(), 1000u) << page;
  }
}

}  // namespace
}  // namespace envledger::cli
