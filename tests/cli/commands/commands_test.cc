#include "cli/commands/commands.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

TEST(Tool, AnswersHelpAndVersion) {
  World world;
  EXPECT_EQ(world.Run({"--version"}), 0);
  EXPECT_EQ(world.out.str().substr(0, 10), "envledger ");
  for (const Command& command : AllCommands()) {
    World each;
    std::vector<std::string> words = {"help"};
    std::istringstream name{std::string(command.name)};
    for (std::string word; name >> word;) words.push_back(word);
    EXPECT_EQ(each.Run(words), 0) << command.name;
    words.erase(words.begin());
    words.emplace_back("--help");
    World other;
    EXPECT_EQ(other.Run(words), 0) << command.name;
    EXPECT_EQ(each.out.str(), other.out.str());
    EXPECT_NE(each.out.str().find("Example:\n  "), std::string::npos) << command.name;
    EXPECT_NE(OverviewText().find("\n  " + std::string(command.name) + " "), std::string::npos) << command.name;
  }
}

TEST(Tool, WrongUsageExitsTwoAndSaysWhy) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"quary"},
      {"key"},
      {"key", "shine"},
      {"query", "--principle", "alice"},
      {"query", "alice"},
      {"show"},
      {"show", "a", "b"},
      {"show", "a", "--seq", "1"},
      {"show", "a", "--raw", "--format", "json"},
      {"query", "--socket", "a", "--data-dir", "b"},
      {"query", "--format", "xml"},
      {"query", "--color", "red"},
      {"verify", "--checkpoint", "f"},
      {"verify", "--threads", "many"},
      {"checkpoint", "--sign-now", "--data-dir", "d"},
      {"checkpoint", "--sign-now", "--size", "5"},
      {"checkpoint", "--size", "05"},
      {"checkpoint", "--tsa-ca", "f"},
      {"checkpoint", "--timestamps", "d"},
      {"checkpoint", "--checkpoint", "f"},
      {"checkpoint", "--attach-timestamp", "f"},
      {"checkpoint", "--attach-timestamp", "f", "--timestamp-request", "g", "--timestamps", "d"},
      {"checkpoint", "--attach-timestamp", "f", "--sign-now", "--timestamps", "d"},
      {"verify", "--tsa-ca", "f"},
      {"key", "generate", "--key", "f"},
      {"key", "show", "--origin", "two words", "--key", "f"},
      {"key", "show", "--history", "--key", "f"},
      {"key", "show", "--origin", "a", "--key", "f", "--data-dir", "d"},
      {"key", "rotate"},
      {"append", "--batch", "0"},
      {"append", "a", "b"},
  };
  for (const auto& words : wrong) {
    World world;
    EXPECT_EQ(world.Run(words), 2) << testing::PrintToString(words);
    EXPECT_NE(world.err.str(), "") << testing::PrintToString(words);
    EXPECT_EQ(world.out.str(), "") << testing::PrintToString(words);
  }
}

}  // namespace
}  // namespace envledger::cli
