// `show` on terminals of several widths, at a moment, and as a tree.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/output/envelope_tree.h"
#include "ledger/text/unicode.h"
#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Transition Delegated() {
  Transition asked = Requested("env-1", User("aria-with-a-very-long-name-" + std::string(120, 'x') + "\x1b[2J"));
  asked.identity->subject = User("dana");
  asked.identity->delegation = {{.actor = asked.identity->requester,
                                 .delegation_id = "dlg-1",
                                 .parent_id = "",
                                 .issuer = "",
                                 .scopes = {"kb.search"},
                                 .audience = "",
                                 .issued_at = {},
                                 .expires_at = kMorning + 3600 * kSecond,
                                 .binding = HopBinding::kVerified}};
  asked.scope->requested_scopes = {"kb.search", "tickets.read"};
  asked.scope->purpose = "\u65e5\u672c\u8a9e " + std::string(300, 'w');
  return asked;
}

void FillStory(FakeLedger& ledger) {
  ledger.Append(Delegated());
  Transition granted = GrantedGpus("env-1", "4");
  granted.granted->scopes = {"kb.search", "admin"};
  ledger.Append(granted);
  ledger.Append(Completed("env-1"));
}

TEST(Show, NoLineIsWiderThanTheTerminalAndNothingIsRaw) {
  for (const size_t width : {80u, 120u, 200u}) {
    World world;
    FillStory(*world.ledger);
    world.context.out_is_terminal = true;
    world.context.width = width;
    ASSERT_EQ(world.Run({"show", "env-1", "--color", "never"}), 0) << world.err.str();
    for (const std::string& line : LinesOf(world.out.str())) EXPECT_LE(ColumnsOf(line), width) << line;
    EXPECT_EQ(world.out.str().find('\x1b'), std::string::npos);
    EXPECT_EQ(world.out.str().find("…\n"), std::string::npos) << "nothing may be cut";
  }
}

TEST(Show, PlainWhenPipedWhateverTheWidth) {
  std::string first;
  for (const size_t width : {40u, 200u}) {
    World world;
    FillStory(*world.ledger);
    world.context.width = width;
    ASSERT_EQ(world.Run({"show", "env-1"}), 0);
    if (first.empty()) first = world.out.str();
    EXPECT_EQ(world.out.str(), first);
  }
  EXPECT_EQ(first.find('\x1b'), std::string::npos);
  EXPECT_NE(first.find(std::string(300, 'w') + "\n"), std::string::npos) << "a long value is one line";
}

TEST(Show, MarksWhatWasGrantedOtherwiseThanRequested) {
  World world;
  FillStory(*world.ledger);
  ASSERT_EQ(world.Run({"show", "env-1"}), 0);
  const std::string out = world.out.str();
  EXPECT_NE(out.find("granted   gpu 4 (narrowed, asked 8), memory 64Gi"), std::string::npos) << out;
  EXPECT_NE(out.find("may       kb.search\n"), std::string::npos) << out;
  EXPECT_NE(out.find("may also  admin (not requested)"), std::string::npos) << out;
  EXPECT_NE(out.find("may not   tickets.read (requested)"), std::string::npos) << out;
  EXPECT_NE(out.find("asks, verified, dlg-1, may kb.search, until 2026-03-17 10:20:00"), std::string::npos) << out;
}

TEST(Show, WideTerminalsHaveTheSealBesideItsRecord) {
  World world;
  FillStory(*world.ledger);
  world.context.out_is_terminal = true;
  world.context.width = 200;
  ASSERT_EQ(world.Run({"show", "env-1", "--color", "never"}), 0);
  bool beside = false;
  for (const std::string& line : LinesOf(world.out.str())) {
    beside = beside || (line.find("● granted") != std::string::npos && line.find("sealed    #1") != std::string::npos);
  }
  EXPECT_TRUE(beside) << world.out.str();
}

TEST(Show, AtShowsWhatHadHappenedByThen) {
  World world;
  FillStory(*world.ledger);
  ASSERT_EQ(world.Run({"show", "env-1", "--format", "json", "--at", "2026-03-17T09:20:10Z"}), 0) << world.err.str();
  const json then = json::parse(world.out.str());
  EXPECT_EQ(then["stage"], "granted");
  EXPECT_EQ(then["records"].size(), 2u);
  EXPECT_EQ(then["later_records"], 1);
  EXPECT_EQ(then["outcome"], nullptr);
  World before;
  FillStory(*before.ledger);
  EXPECT_EQ(before.Run({"show", "env-1", "--at", "2026-03-17T09:00:00Z"}), 3) << "it was not there yet";
}

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
  EXPECT_NE(tree["note"].get<std::string>().find("up to 2,000 envelopes"), std::string::npos);
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
