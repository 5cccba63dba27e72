#include "cli/arguments/filtered.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

std::optional<Filtered> Open(World& world, const std::vector<std::string>& words, ExitStatus& why) {
  const auto options = ParseOptions(FilteredOptions(), 0, 0, words);
  EXPECT_TRUE(options.ok()) << options.status().ToString();
  return OpenFiltered(world.context, *options, why);
}

TEST(Filtered, HasTheFiltersOfQueryWithoutItsPages) {
  for (const char* name : {"limit", "cursor", "order"}) {
    EXPECT_FALSE(ParseOptions(FilteredOptions(), 0, 0, {"--" + std::string(name), "1"}).ok()) << name;
  }
  EXPECT_TRUE(ParseOptions(FilteredOptions(), 0, 0, {"--tenant", "t", "--format", "json", "--data-dir", "d"}).ok());
}

TEST(Filtered, OpensTheLedgerWithAPlanOfAllThatMatches) {
  World world;
  FillDay(*world.ledger);
  ExitStatus why = ExitStatus::kFine;
  const auto filtered = Open(world, {"--data-dir", "/ledger", "--tenant", "t", "--format", "jsonl"}, why);
  ASSERT_TRUE(filtered.has_value()) << world.err.str();
  EXPECT_EQ(world.opened.data_dir, "/ledger");
  EXPECT_EQ(filtered->plan.limit, 0u);
  EXPECT_EQ(filtered->plan.request.tenant, "t");
  EXPECT_EQ(filtered->style.format, Format::kJsonl);
  EXPECT_NE(filtered->reader, nullptr);
}

TEST(Filtered, WrongUsageIsToldFromALedgerThatIsNotThere) {
  World wrong;
  ExitStatus why = ExitStatus::kFine;
  EXPECT_FALSE(Open(wrong, {"--format", "xml"}, why).has_value());
  EXPECT_EQ(why, ExitStatus::kWrongUsage);
  EXPECT_FALSE(Open(wrong, {"--socket", "s", "--data-dir", "d"}, why).has_value());
  EXPECT_EQ(why, ExitStatus::kWrongUsage);
  EXPECT_FALSE(Open(wrong, {"--since", "never"}, why).has_value());
  EXPECT_EQ(why, ExitStatus::kWrongUsage);
  EXPECT_EQ(wrong.opened.socket, "") << "no ledger is opened for that";
  World missing;
  missing.open_status = Unavailable("no daemon");
  EXPECT_FALSE(Open(missing, {}, why).has_value());
  EXPECT_EQ(why, ExitStatus::kUnavailable);
  EXPECT_NE(missing.err.str().find("no daemon"), std::string::npos);
}

}  // namespace
}  // namespace envledger::cli
