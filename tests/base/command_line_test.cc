#include "ledger/base/command_line.h"

#include <gtest/gtest.h>

namespace envledger {
namespace {

OptionKind KindOf(std::string_view name) {
  if (name == "flag") return OptionKind::kFlag;
  return name == "name" || name == "many" ? OptionKind::kValue : OptionKind::kUnknown;
}

// "name=value" for each option, the arguments behind a bar; or what is wrong.
std::string Split(const std::vector<std::string>& words) {
  const auto line = SplitCommandLine(words, KindOf);
  if (!line.ok()) return line.status().message();
  std::string text;
  for (const GivenOption& option : line->options) text += option.name + "=" + option.value + " ";
  text += "|";
  for (const std::string& argument : line->arguments) text += " " + argument;
  return text;
}

TEST(CommandLine, OptionsAndArgumentsStandInAnyOrderAndInBothForms) {
  EXPECT_EQ(Split({}), "|");
  EXPECT_EQ(Split({"--name", "a", "file", "--many=b=c", "--flag", "--many", "d"}),
            "name=a many=b=c flag= many=d | file");
}

TEST(CommandLine, ADashIsAnArgumentAndSoIsEverythingBehindTwoDashes) {
  EXPECT_EQ(Split({"-", "--flag", "--", "--name", "-x"}), "flag= | - --name -x");
  EXPECT_EQ(Split({"--"}), "|");
}

TEST(CommandLine, AValueMayBeginWithDashesUnlessItIsTheNameOfAnOption) {
  EXPECT_EQ(Split({"--name", "-1"}), "name=-1 |");
  EXPECT_EQ(Split({"--name", "--elsewhere"}), "name=--elsewhere |");
  EXPECT_EQ(Split({"--name=--flag"}), "name=--flag |");
  EXPECT_EQ(Split({"--name", "--flag"}), "option \"--name\" has no value");
  EXPECT_EQ(Split({"--name", "--many=x"}), "option \"--name\" has no value");
  EXPECT_EQ(Split({"--name", "--", "x"}), "option \"--name\" has no value");
}

TEST(CommandLine, MistakesAreNamed) {
  EXPECT_EQ(Split({"--nmae", "a"}), "unknown option \"--nmae\"");
  EXPECT_EQ(Split({"--nam", "a"}), "unknown option \"--nam\"") << "a beginning must not be guessed from";
  EXPECT_EQ(Split({"-n"}), "unknown option \"-n\"");
  EXPECT_EQ(Split({"--=a"}), "unknown option \"--\"");
  EXPECT_EQ(Split({"--name"}), "option \"--name\" has no value");
  EXPECT_EQ(Split({"--name", ""}), "option \"--name\" has an empty value");
  EXPECT_EQ(Split({"--name="}), "option \"--name\" has an empty value");
  EXPECT_EQ(Split({"--flag=yes"}), "option \"--flag\" takes no value");
}

TEST(CommandLine, WhatIsGivenIsQuotedInAMessageAndNeverRead) {
  EXPECT_EQ(Split({"--%canonical_option%"}), "unknown option \"--%canonical_option%\"");
  EXPECT_EQ(Split({"--a\nb\x1b[2J"}), "unknown option \"--a\\x0ab\\x1b[2J\"");
  EXPECT_EQ(Split({"--" + std::string(1000, 'x')}), "unknown option \"--" + std::string(62, 'x') + "\"...");
}

TEST(CommandLine, AnUnknownOptionsValueIsNotRepeated) {
  EXPECT_EQ(Split({"--password=hunter2"}), "unknown option \"--password\"");
}

}  // namespace
}  // namespace envledger
