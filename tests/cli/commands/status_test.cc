#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

TEST(StatusCommand, SaysHowTheLedgerIs) {
  World world;
  world.ledger->status.healthy = true;
  world.ledger->status.origin = "ledger.example";
  world.ledger->status.tree_size = 12345;
  world.ledger->status.gauges = {{"connections", 3}};
  world.ledger->status.refusals = {{.producer = "gateway", .uid = 7, .rule = "legal-move", .count = 9}};
  ASSERT_EQ(world.Run({"status", "--format", "json"}), 0);
  const json status = json::parse(world.out.str());
  EXPECT_EQ(status["tree_size"], 12345);
  EXPECT_EQ(status["gauges"]["connections"], 3);
  EXPECT_EQ(status["refusals"][0]["rule"], "legal-move");
  EXPECT_EQ(status["last_checkpoint"], nullptr);
  world.out.str("");
  world.ledger->status.healthy = false;
  world.ledger->status.problem = "the disk is full";
  EXPECT_EQ(world.Run({"status"}), 5);
  EXPECT_NE(world.out.str().find("NOT HEALTHY: the disk is full"), std::string::npos);
  EXPECT_NE(world.out.str().find("12,345"), std::string::npos);
}

}  // namespace
}  // namespace envledger::cli
