// `show` in its forms for programs, and at a moment. As a timeline and as a tree: tests/cli/output.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/chain/tree.h"
#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

TEST(Show, JsonTellsTheWholeStory) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"show", "env-1", "--format", "json"}), 0) << world.err.str();
  const json story = json::parse(world.out.str());
  EXPECT_EQ(story["envelope_id"], "env-1");
  EXPECT_EQ(story["completeness"]["complete"], true);
  EXPECT_EQ(story["completeness"]["last_seq"], 2);
  ASSERT_EQ(story["records"].size(), 3u);
  const json& granted = story["records"][1];
  EXPECT_EQ(granted["seq"], 1);
  EXPECT_EQ(granted["stage"], "granted");
  EXPECT_EQ(granted["occurred_at"], "2026-03-17T09:20:02Z");
  EXPECT_EQ(granted["recorded_at"], "2026-03-17T09:20:02.5Z");
  EXPECT_EQ(granted["recorder"], (json{{"uid", 1000}, {"gid", 1000}, {"pid", 4242}, {"producer", "gateway"}}));
  EXPECT_EQ(granted["leaf_hash"], Hex(View(LeafHash(world.ledger->envelopes[0].entries[1]))));
  EXPECT_EQ(granted["transition"]["granted"]["resources"]["gpu"], "4");
  EXPECT_EQ(granted.size(), 7u);
}

TEST(Show, RawGivesTheSealedBytes) {
  World world;
  FillDay(*world.ledger);
  const std::vector<std::string>& entries = world.ledger->envelopes[0].entries;
  ASSERT_EQ(world.Run({"show", "env-1", "--raw"}), 0);
  EXPECT_EQ(world.out.str(), Hex(entries[0]) + "\n" + Hex(entries[1]) + "\n" + Hex(entries[2]) + "\n");
  world.out.str("");
  ASSERT_EQ(world.Run({"show", "env-1", "--raw", "--seq", "1"}), 0);
  EXPECT_EQ(world.out.str(), entries[1]) << "one record into a pipe is the bytes themselves";
  world.out.str("");
  world.context.out_is_terminal = true;
  ASSERT_EQ(world.Run({"show", "env-1", "--raw", "--seq", "1"}), 0);
  EXPECT_EQ(world.out.str(), Hex(entries[1]) + "\n");
  EXPECT_EQ(world.Run({"show", "env-1", "--raw", "--seq", "3"}), 3) << "an entry of another envelope";
}

TEST(Show, AnUnknownEnvelopeExitsThree) {
  World world;
  EXPECT_EQ(world.Run({"show", "env-9"}), 3);
  EXPECT_EQ(world.out.str(), "");
}

TEST(Show, AtShowsWhatHadHappenedByThen) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"show", "env-1", "--format", "json", "--at", "2026-03-17T09:20:10Z"}), 0) << world.err.str();
  const json then = json::parse(world.out.str());
  EXPECT_EQ(then["stage"], "granted");
  EXPECT_EQ(then["records"].size(), 2u);
  EXPECT_EQ(then["later_records"], 1);
  EXPECT_EQ(then["outcome"], nullptr);
  World before;
  FillDay(*before.ledger);
  EXPECT_EQ(before.Run({"show", "env-1", "--at", "2026-03-17T09:00:00Z"}), 3) << "it was not there yet";
}

}  // namespace
}  // namespace envledger::cli
