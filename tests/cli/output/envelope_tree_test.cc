// Of `show --tree`.
#include "cli/output/envelope_tree.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

void AppendChild(FakeLedger& ledger, const std::string& id, const std::string& parent) {
  Transition asked = Requested(id, User("aria"));
  asked.execution->parent_envelope_id = parent;
  ledger.Append(asked);
}

json TreeOf(const std::string& id, const std::vector<std::pair<std::string, std::string>>& family, World& world) {
  for (const auto& [child, parent] : family) AppendChild(*world.ledger, child, parent);
  EXPECT_EQ(world.Run({"show", id, "--tree", "--format", "json"}), 0) << world.err.str();
  return json::parse(world.out.str())["tree"];
}

TEST(ShowTree, HasTheParentsUpToTheRootAndAllBelow) {
  World world;
  const json tree = TreeOf("b", {{"a", ""}, {"b", "a"}, {"c", "b"}, {"d", "c"}, {"e", "b"}, {"aunt", "a"}}, world);
  EXPECT_EQ(tree["envelope_id"], "a");
  ASSERT_EQ(tree["children"].size(), 1u) << "of the parent only the way to the envelope";
  const json& asked = tree["children"][0];
  ASSERT_EQ(asked["children"].size(), 2u);
  EXPECT_EQ(asked["children"][0]["envelope_id"], "c");
  EXPECT_EQ(asked["children"][0]["children"][0]["envelope_id"], "d");
  EXPECT_EQ(asked["children"][1]["envelope_id"], "e");
}

TEST(ShowTree, SaysThatAParentIsMissing) {
  World world;
  const json tree = TreeOf("b", {{"b", "gone"}}, world);
  EXPECT_EQ(tree["envelope_id"], "b");
  EXPECT_EQ(tree["above"], "the parent gone is not in the ledger");
}

TEST(ShowTree, EndsWhereItGoesRoundInACircle) {
  World world;
  const json tree = TreeOf("a", {{"a", "b"}, {"b", "a"}}, world);
  EXPECT_NE(tree["above"].get<std::string>().find("cycle"), std::string::npos);
  World self;
  EXPECT_NE(TreeOf("s", {{"s", "s"}}, self)["above"].get<std::string>().find("cycle"), std::string::npos);
}

TEST(ShowTree, SaysWhereItsLimitsAreReached) {
  World deep;
  std::vector<std::pair<std::string, std::string>> chain = {{"n0", ""}};
  for (size_t i = 1; i <= kMaxTreeDepth + 2; ++i)
    chain.push_back({"n" + std::to_string(i), "n" + std::to_string(i - 1)});
  json node = TreeOf("n0", chain, deep);
  size_t levels = 0;
  for (; !node["children"].empty(); ++levels) node = json(node["children"][0]);
  EXPECT_EQ(levels, kMaxTreeDepth);
  EXPECT_NE(node["note"].get<std::string>().find("more than 64 levels below"), std::string::npos);

  World up;
  EXPECT_NE(TreeOf("n" + std::to_string(kMaxTreeDepth + 2), chain, up)["above"].get<std::string>().find("levels above"),
            std::string::npos);
}

TEST(ShowTree, SaysThatItHasMoreEnvelopesThanItReads) {
  World world;
  world.ledger->page = 1000;
  std::vector<std::pair<std::string, std::string>> family = {{"root", ""}};
  for (size_t i = 0; i < kMaxTreeEnvelopes; ++i) family.push_back({"child-" + std::to_string(i), "root"});
  const json tree = TreeOf("root", family, world);
  EXPECT_EQ(tree["children"].size(), kMaxTreeEnvelopes - 1);
  EXPECT_NE(tree["note"].get<std::string>().find("at most 2,000 envelopes"), std::string::npos);
}

TEST(ShowTree, IsDrawnWithTheAskedEnvelopeMarked) {
  World world;
  AppendChild(*world.ledger, "a", "");
  AppendChild(*world.ledger, "b", "a");
  AppendChild(*world.ledger, "c", "b");
  ASSERT_EQ(world.Run({"show", "b", "--tree"}), 0) << world.err.str();
  EXPECT_NE(
      world.out.str().find("  a  requested  model_deployment POST /serving/deploy_model model:llama-3@2\n"
                           "  └─ b  requested  ◀ this  model_deployment POST /serving/deploy_model model:llama-3@2\n"
                           "     └─ c  requested  model_deployment"),
      std::string::npos)
      << world.out.str();
}

}  // namespace
}  // namespace envledger::cli
