#include "cli/exit_status.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

TEST(Tool, AStatusBecomesTheExitStatusItAmountsTo) {
  const std::vector<std::pair<Status, int>> cases = {
      {Unavailable("x"), 5}, {NotFound("x"), 3}, {InvalidArgument("x"), 4},      {Conflict("r", "x"), 4},
      {Corruption("x"), 1},  {Internal("x"), 5}, {{Code::kNotPermitted, "x"}, 4}};
  for (const auto& [status, expected] : cases) {
    World world;
    world.open_status = status;
    EXPECT_EQ(world.Run({"status"}), expected) << status.ToString();
  }
}

}  // namespace
}  // namespace envledger::cli
