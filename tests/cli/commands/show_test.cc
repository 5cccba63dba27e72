// `show` in every form, on terminals of several widths, and at a moment. As a tree: tests/cli/output.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "ledger/base/bytes.h"
#include "ledger/chain/tree.h"
#include "ledger/text/unicode.h"
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

TEST(Show, TableIsATimeline) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"show", "env-1"}), 0);
  std::string text = world.out.str();
  for (const std::string& entry : world.ledger->envelopes[0].entries) {
    const std::string hash = Hex(View(LeafHash(entry)));
    const size_t at = text.find(hash);
    ASSERT_NE(at, std::string::npos) << "every record's leaf hash is shown";
    text.replace(at, hash.size(), "HASH");
  }
  EXPECT_EQ(text, R"(env-1  completed

  asked by    user:alice  https://id.example.com
  tenant      search
  what        model_deployment  POST /serving/deploy_model
  on          model:llama-3@2
  scope       project:search-ml  bound

  RESOURCE  REQUESTED  GRANTED  USED  RELATION
  gpu               8        4     4  narrowed
  memory         64Gi     64Gi     -  as_requested

  ● requested   2026-03-17 09:20:00
  │   requested gpu 8, memory 64Gi
  │   sealed    #0 at 2026-03-17 09:20:00.5 by gateway, uid 1000 pid 4242
  │   leaf      HASH
  │
  ● granted     2026-03-17 09:20:02  +2.0s
  │   decision  narrow
  │   because   quota of the project
  │   granted   gpu 4 (narrowed, asked 8), memory 64Gi
  │   grant     grant-1
  │   routed to kserve / gpu-n05
  │   sealed    #1 at 2026-03-17 09:20:02.5 by gateway, uid 1000 pid 4242
  │   leaf      HASH
  │
  ● completed   2026-03-17 09:21:30  +1m 28s
      outcome   ok
      used      gpu 4
      sealed    #2 at 2026-03-17 09:21:30.5 by gateway, uid 1000 pid 4242
      leaf      HASH

3 records. Complete as of 5 entries, root abababababababab…, no signed checkpoint yet.
)");
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

}  // namespace
}  // namespace envledger::cli
