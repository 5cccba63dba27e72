#include <gtest/gtest.h>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

TEST(Verify, AKeyThatCannotBeReadIsUnavailable) {
  World world;
  EXPECT_EQ(world.Run({"verify", "--vkey", "/no/such/key"}), 5);
  EXPECT_EQ(world.Run({"verify", "--vkey", "name+00000000+AAAA"}), 5);
  EXPECT_NE(world.err.str().find("--vkey"), std::string::npos);
}

}  // namespace
}  // namespace envledger::cli
