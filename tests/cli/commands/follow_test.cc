#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_ledger.h"
#include "tests/cli/json_lines.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(FollowCommand, ADirectoryIsPrintedToItsEndWhichIsSaid) {
  World world;
  FillDay(*world.ledger);
  world.ledger->genesis.clear();  // which the fake puts in the place of entry 0
  ASSERT_EQ(world.Run({"follow", "--data-dir", "d", "--format", "jsonl"}), 0) << world.err.str();
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), world.ledger->log.size());
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i]["seq"], i);
  EXPECT_THAT(world.err.str(), HasSubstr("to continue, use --from 5"));
  EXPECT_THAT(world.err.str(), HasSubstr("only a running daemon"));
}

TEST(FollowCommand, FiltersAreAskedOfTheEnvelopeAsOfTheEntry) {
  World world;
  FillDay(*world.ledger);
  world.ledger->genesis.clear();  // which the fake puts in the place of entry 0
  ASSERT_EQ(world.Run({"follow", "--data-dir", "d", "--stage", "granted", "--format", "jsonl"}), 0);
  for (const json& line : Lines(world.out.str())) EXPECT_EQ(line["stage"], "granted");
  EXPECT_EQ(Lines(world.out.str()).size(), 1u);
}

TEST(FollowCommand, EndsAfterCountAndGoesOnFromThere) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"follow", "--from", "1", "--count", "2", "--format", "jsonl"}), 0) << world.err.str();
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["seq"], 1);
  EXPECT_THAT(world.err.str(), HasSubstr("--from 3"));
}

TEST(FollowCommand, AnotherLedgerBehindTheSocketIsNotFollowed) {
  World world;
  FillDay(*world.ledger);
  world.ledger->genesis.clear();  // which the fake puts in the place of entry 0
  EntryBuilder builder;
  EntryHeader header;
  header.seq = 1;
  header.previous.fill(0x17);
  world.ledger->log[1] = std::string(*builder.Build(header, LedgerEvent(Closed{"forged"})));
  EXPECT_EQ(world.Run({"follow", "--from", "0", "--count", "2"}), 1);
  EXPECT_THAT(world.err.str(), HasSubstr("does not continue the chain"));
}

}  // namespace
}  // namespace envledger::cli
