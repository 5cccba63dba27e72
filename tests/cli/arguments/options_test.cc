#include "cli/arguments/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace envledger::cli {
namespace {

const OptionSpecs kSpecs = {
    {"name", Takes::kValue, "NAME", ""}, {"many", Takes::kValues, "M", ""}, {"flag", Takes::kNothing, "", ""}};

std::string ErrorOf(const std::vector<std::string>& words) {
  const auto options = ParseOptions(kSpecs, 0, 1, words);
  return options.ok() ? "fine" : options.status().message();
}

TEST(Options, AreReadInBothForms) {
  const auto options = ParseOptions(kSpecs, 0, 1, {"--name", "a", "file", "--many=x,y", "--many", "z", "--flag"});
  ASSERT_TRUE(options.ok()) << options.status().ToString();
  EXPECT_EQ(options->Get("name"), "a");
  EXPECT_EQ(options->Split("many"), (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_TRUE(options->Has("flag"));
  EXPECT_EQ(options->arguments(), std::vector<std::string>{"file"});
}

TEST(Options, ErrorsNameTheOption) {
  EXPECT_NE(ErrorOf({"--nmae", "a"}).find("--nmae"), std::string::npos);
  EXPECT_NE(ErrorOf({"--nam", "a"}).find("--nam"), std::string::npos) << "abbreviations must not be guessed";
  EXPECT_NE(ErrorOf({"--name"}).find("--name"), std::string::npos);
  EXPECT_NE(ErrorOf({"--name", ""}).find("--name"), std::string::npos);
  EXPECT_NE(ErrorOf({"--name", "a", "--name", "b"}).find("--name"), std::string::npos);
  EXPECT_NE(ErrorOf({"--flag=yes"}).find("--flag"), std::string::npos);
  EXPECT_NE(ErrorOf({"-n"}).find("-n"), std::string::npos);
  EXPECT_NE(ErrorOf({"one", "two"}).find("two"), std::string::npos);
  EXPECT_NE(ErrorOf({"--%canonical_option%"}).find("--%canonical_option%"), std::string::npos);
}

TEST(Options, ADashIsAnArgumentAndSoIsAllAfterTwoDashes) {
  const auto dash = ParseOptions(kSpecs, 0, 1, {"-"});
  ASSERT_TRUE(dash.ok()) << dash.status().ToString();
  EXPECT_EQ(dash->arguments(), std::vector<std::string>{"-"});
  const auto after = ParseOptions(kSpecs, 0, 1, {"--", "-odd-name"});
  ASSERT_TRUE(after.ok()) << after.status().ToString();
  EXPECT_EQ(after->arguments(), std::vector<std::string>{"-odd-name"});
}

TEST(Options, NumbersKeepTheirBounds) {
  const auto options = ParseOptions(kSpecs, 0, 0, {"--name", "12"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(*options->Number("name", 1, 0, 12), 12u);
  EXPECT_EQ(*options->Number("other", 7, 0, 12), 7u);
  EXPECT_NE(options->Number("name", 1, 0, 11).status().message().find("--name"), std::string::npos);
  EXPECT_FALSE(ParseOptions(kSpecs, 0, 0, {"--name", "-1"})->Number("name", 1, 0, 11).ok());
}

}  // namespace
}  // namespace envledger::cli
