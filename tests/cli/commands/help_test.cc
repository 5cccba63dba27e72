// The texts of help. That every command has one, and answers --help with it, is tested in commands_test.cc.
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <string_view>

#include "cli/commands/commands.h"

namespace envledger::cli {
namespace {

bool Contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Help, IsWrappedWhateverLinesItIsWrittenIn) {
  Command command;
  command.name = "try";
  command.text = "one\ntwo three\n\nfour\nfive";
  EXPECT_NE(HelpText(command).find("\n\none two three\n\nfour five\n\nOptions:\n"), std::string::npos)
      << HelpText(command);
  const std::string word(60, 'x');
  const std::string text = word + "\n" + word;
  command.text = text;
  EXPECT_NE(HelpText(command).find("\n" + text + "\n"), std::string::npos) << "100 columns hold one of them";
}

TEST(Help, NamesTheArgumentsAndTheOptionsInOneColumn) {
  Command command;
  command.name = "try";
  command.arguments = "FILE...";
  command.text = "Tries.";
  command.example = "  envledger try it\n";
  command.options = {{"long-name", Takes::kValue, "VALUE", "what it is"}, {"flag", Takes::kNothing, "", "is set"}};
  const std::string help = HelpText(command);
  EXPECT_TRUE(help.starts_with("Usage: envledger try [OPTIONS] FILE...\n\nTries.\n")) << help;
  EXPECT_TRUE(Contains(help, "\n  --long-name VALUE  what it is\n  --flag             is set\n")) << help;
  EXPECT_TRUE(Contains(help, "\n  --help             show this help\n")) << help;
  EXPECT_TRUE(help.ends_with("\nExample:\n  envledger try it\n")) << help;
}

TEST(Help, OfEveryCommandFitsItsWidth) {
  for (const Command& command : AllCommands()) {
    std::istringstream lines(HelpText(command).substr(0, HelpText(command).find("\nExample:\n")));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << command.name << ": " << line;
  }
}

TEST(Help, TheOverviewSaysTheExitStatuses) {
  const std::string overview = OverviewText();
  for (const char* status : {"0 success", "2 wrong", "3 not found", "4 refused", "5 unavailable"}) {
    EXPECT_TRUE(Contains(overview, status)) << status;
  }
}

}  // namespace
}  // namespace envledger::cli
