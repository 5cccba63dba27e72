#include "cli/arguments/ledger_source.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

TEST(Tool, FindsItsSocketInTheEnvironment) {
  World world;
  world.Run({"query"});
  EXPECT_EQ(world.opened.socket, "/run/envledger/audit.sock");
  world.variables["ENVLEDGER_AUDIT_SOCKET"] = "/tmp/audit";
  world.Run({"query"});
  EXPECT_EQ(world.opened.socket, "/tmp/audit");
  world.Run({"query", "--socket", "/tmp/other", "--timeout", "5"});
  EXPECT_EQ(world.opened.socket, "/tmp/other");
  EXPECT_EQ(world.opened.timeout, std::chrono::seconds(5));
  world.Run({"query", "--data-dir", "/srv/ledger"});
  EXPECT_EQ(world.opened.data_dir, "/srv/ledger");
}

}  // namespace
}  // namespace envledger::cli
