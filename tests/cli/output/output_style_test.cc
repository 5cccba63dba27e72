#include "cli/output/output_style.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using ::testing::HasSubstr;

Result<OutputStyle> StyleIn(const World& world, const std::vector<std::string>& words) {
  const auto options = ParseOptions(OutputOptions(), 0, 0, words);
  EXPECT_TRUE(options.ok()) << options.status().ToString();
  return StyleOf(world.context, *options);
}

TEST(OutputStyle, TheFormatIsATableUnlessAnotherIsNamed) {
  const World world;
  EXPECT_EQ(StyleIn(world, {})->format, Format::kTable);
  EXPECT_EQ(StyleIn(world, {"--format", "table"})->format, Format::kTable);
  EXPECT_EQ(StyleIn(world, {"--format", "json"})->format, Format::kJson);
  EXPECT_EQ(StyleIn(world, {"--format", "jsonl"})->format, Format::kJsonl);
  EXPECT_EQ(StyleIn(world, {"--format", "csv"})->format, Format::kCsv);
}

TEST(OutputStyle, OnlyATerminalHasAWidthAndColours) {
  World world;
  world.context.width = 120;
  EXPECT_EQ(StyleIn(world, {})->width, 0u);
  EXPECT_FALSE(StyleIn(world, {})->palette.on());
  EXPECT_TRUE(StyleIn(world, {"--color", "always"})->palette.on());
  world.context.out_is_terminal = true;
  EXPECT_EQ(StyleIn(world, {})->width, 120u);
  EXPECT_TRUE(StyleIn(world, {})->palette.on());
  EXPECT_TRUE(StyleIn(world, {"--color", "auto"})->palette.on());
  EXPECT_FALSE(StyleIn(world, {"--color", "never"})->palette.on());
}

TEST(OutputStyle, ATerminalWithoutColoursGetsNone) {
  for (const auto& [name, value] : {std::pair{"NO_COLOR", "1"}, std::pair{"TERM", "dumb"}}) {
    World world;
    world.context.out_is_terminal = true;
    world.variables[name] = value;
    EXPECT_FALSE(StyleIn(world, {})->palette.on()) << name;
    EXPECT_TRUE(StyleIn(world, {"--color", "always"})->palette.on()) << "who asks for them gets them";
  }
}

TEST(OutputStyle, AnUnknownWordNamesTheOption) {
  for (const std::string option : {"--format", "--color"}) {
    const Status status = StyleIn(World(), {option, "purple"}).status();
    EXPECT_EQ(status.code(), Code::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr(option));
    EXPECT_THAT(status.message(), HasSubstr("\"purple\""));
  }
}

}  // namespace
}  // namespace envledger::cli
