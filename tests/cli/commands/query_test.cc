#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_ledger.h"
#include "tests/cli/json_lines.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

TEST(Query, JsonlSaysWhichRoleThePrincipalHas) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"query", "--principal", "user:alice", "--format", "jsonl"}), 0) << world.err.str();
  EXPECT_EQ(Lines(world.out.str()).at(0)["role"], "requester");
}

TEST(Query, JsonlHasOneEnvelopeALineAndTheCompletenessLast) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"query", "--format", "jsonl"}), 0) << world.err.str();
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), 4u);
  const json& first = lines[0];
  EXPECT_EQ(first["envelope_id"], "env-1");
  EXPECT_EQ(first["stage"], "completed");
  EXPECT_EQ(first["opened_at"], "2026-03-17T09:20:00Z");
  EXPECT_EQ(first["updated_at"], "2026-03-17T09:21:30Z");
  EXPECT_EQ(first["requester"], (json{{"kind", "user"}, {"issuer", "https://id.example.com"}, {"id", "alice"}}));
  EXPECT_EQ(first["subject"], nullptr);
  EXPECT_EQ(first["tenant"], "search");
  EXPECT_EQ(first["role"], nullptr) << "no principal is asked for";
  EXPECT_EQ(first["execution"], (json{{"kind", "model_deployment"},
                                      {"operation", "POST /serving/deploy_model"},
                                      {"targets", {{{"type", "model"}, {"id", "llama-3"}, {"version", "2"}}}}}));
  EXPECT_EQ(first["scope"], (json{{"kind", "project"}, {"id", "search-ml"}, {"binding", "bound"}}));
  EXPECT_EQ(first["requested"], (json{{"gpu", "8"}, {"memory", "68719476736"}}));
  EXPECT_EQ(first["granted"],
            (json{{"resources", {{"gpu", "4"}, {"memory", "68719476736"}}}, {"grant_id", "grant-1"}}));
  EXPECT_EQ(first["relation"], (json{{"gpu", "narrowed"}, {"memory", "as_requested"}}));
  EXPECT_EQ(
      first["decision"],
      (json{{"effect", "narrow"}, {"reasons", {"quota of the project"}}, {"policy", nullptr}, {"decider", nullptr}}));
  EXPECT_EQ(first["routing"], (json{{"backend", "kserve"}, {"node", "gpu-n05"}}));
  EXPECT_EQ(first["outcome"], (json{{"code", "ok"}, {"usage", {{"gpu", "4"}}}}));
  EXPECT_EQ(first["first_seq"], 0);
  EXPECT_EQ(first["last_seq"], 2);
  EXPECT_EQ(first["revisions"], 3);
  EXPECT_EQ(first.size(), 19u);
  EXPECT_EQ(lines[1]["granted"], nullptr);
  EXPECT_EQ(lines[1]["relation"], json::object());
  EXPECT_EQ(lines[2]["requester"]["id"], "eve\x1b[2J\u202e") << "json keeps the exact text";
  EXPECT_EQ(lines[2]["requested"], json::object());

  std::string root;
  for (int i = 0; i < 32; ++i) root += "ab";
  EXPECT_EQ(lines[3], (json{{"completeness",
                             {{"tree_size", 5},
                              {"root", root},
                              {"checkpoint", nullptr},
                              {"first_seq", 0},
                              {"last_seq", 4},
                              {"scanned", 2},
                              {"complete", true},
                              {"next_cursor", nullptr}}}}));
}

TEST(Query, JsonIsOneObjectWithTheSameRows) {
  World jsonl;
  FillDay(*jsonl.ledger);
  jsonl.Run({"query", "--format", "jsonl"});
  World whole;
  FillDay(*whole.ledger);
  ASSERT_EQ(whole.Run({"query", "--format", "json"}), 0);
  const json object = json::parse(whole.out.str());
  const std::vector<json> lines = Lines(jsonl.out.str());
  EXPECT_EQ(object["completeness"], lines.back()["completeness"]);
  EXPECT_EQ(object["envelopes"], json(std::vector<json>(lines.begin(), lines.end() - 1)));
  EXPECT_EQ(whole.out.str().find("{\"completeness\":"), 0u);

  World none;
  ASSERT_EQ(none.Run({"query", "--format", "json"}), 0);
  EXPECT_EQ(json::parse(none.out.str())["envelopes"], json::array());
  EXPECT_EQ(json::parse(none.out.str())["completeness"]["first_seq"], nullptr);
}

TEST(Query, FetchesPagesUpToTheLimit) {
  World world;
  FillDay(*world.ledger);
  world.ledger->page = 1;
  ASSERT_EQ(world.Run({"query", "--format", "jsonl", "--limit", "2"}), 0);
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines.back()["completeness"]["next_cursor"], "2");
  ASSERT_EQ(world.ledger->queries.size(), 2u);
  EXPECT_EQ(world.ledger->queries[0].limit, 2u);
  EXPECT_EQ(world.ledger->queries[1].limit, 1u);
  EXPECT_EQ(world.ledger->queries[1].cursor, "1");
}

// The moment from which the spans reached back goes with the cursor, so that what is printed works when it is typed.
TEST(Query, ACursorGoesOnBehindSpansAgo) {
  World world;
  FillDay(*world.ledger);
  world.ledger->page = 1;
  world.context.now = [] { return kMorning + 3600 * kSecond + 5; };
  const std::vector<std::string> question = {"query", "--since", "2h", "--until", "0s", "--limit", "1", "--format"};
  const auto ask = [&](const std::string& format, const std::string& cursor) {
    std::vector<std::string> words = question;
    words.push_back(format);
    if (!cursor.empty()) words.insert(words.end(), {"--cursor", cursor});
    world.out.str("");
    return world.Run(words);
  };
  ASSERT_EQ(ask("jsonl", ""), 0);
  const std::string cursor = Lines(world.out.str()).back()["completeness"]["next_cursor"].get<std::string>();
  EXPECT_EQ(cursor, "1@2026-03-17T10:20:00.000000005Z");
  ASSERT_EQ(ask("table", ""), 0);
  EXPECT_THAT(world.out.str(), testing::EndsWith("or --cursor " + cursor + "\n"));

  world.context.now = [] { return kMorning + 7200 * kSecond; };
  ASSERT_EQ(ask("jsonl", cursor), 0) << world.err.str();
  const QueryRequest& again = world.ledger->queries.back();
  EXPECT_EQ(again.cursor, "1");
  EXPECT_EQ(again.since, kMorning - 3600 * kSecond + 5);
  EXPECT_EQ(again.until, kMorning + 3600 * kSecond + 5);
  EXPECT_EQ(Lines(world.out.str()).back()["completeness"]["next_cursor"], "2@2026-03-17T10:20:00.000000005Z");

  const size_t asked = world.ledger->queries.size();
  for (const std::string& damaged : {cursor + "9", cursor.substr(0, cursor.size() - 1), std::string("1@"),
                                     std::string("1@2026-03-17T10:20:00.5000Z"), std::string("1@x")}) {
    EXPECT_EQ(ask("jsonl", damaged), 2) << damaged;
  }
  EXPECT_EQ(world.Run({"query", "--since", "2026-03-17", "--cursor", cursor}), 2) << "absolute times have no moment";
  EXPECT_EQ(world.ledger->queries.size(), asked);
}

TEST(Query, ACursorBehindAbsoluteTimesIsTheLedgersOwn) {
  World world;
  FillDay(*world.ledger);
  world.ledger->page = 1;
  ASSERT_EQ(world.Run({"query", "--since", "2026-03-17", "--limit", "1", "--format", "jsonl"}), 0);
  EXPECT_EQ(Lines(world.out.str()).back()["completeness"]["next_cursor"], "1");
}

TEST(Query, AHoleInAnEnvelopeIsSeenHereWhateverTheDaemonSays) {
  World world;
  FillDay(*world.ledger);
  auto& entries = world.ledger->envelopes[0].entries;
  entries.erase(entries.begin() + 1);
  EXPECT_EQ(world.Run({"query", "--format", "jsonl"}), 1);
  const json completeness = Lines(world.out.str()).back()["completeness"];
  EXPECT_EQ(completeness["complete"], false);
  EXPECT_NE(completeness["problem"].get<std::string>().find("revision 1 is missing"), std::string::npos);

  entries.erase(entries.begin());
  World beheaded;
  beheaded.ledger = world.ledger;
  EXPECT_EQ(beheaded.Run({"query"}), 1) << "without its first record nothing can be said of an envelope";
}

TEST(Query, EveryFilterReachesTheLedger) {
  World world;
  FillDay(*world.ledger);
  ASSERT_EQ(world.Run({"query", "--relation", "narrowed,withheld", "--parent", "env-9", "--node", "gpu-n05",
                       "--delegated", "--at", "2026-03-17T14:05:00Z", "--format", "jsonl"}),
            0)
      << world.err.str();
  const QueryRequest& sent = world.ledger->queries.at(0);
  EXPECT_EQ(sent.relations, (std::vector<Relation>{Relation::kNarrowed, Relation::kWithheld}));
  EXPECT_EQ(sent.parent, "env-9");
  EXPECT_EQ(sent.node, "gpu-n05");
  EXPECT_TRUE(sent.delegated);
  EXPECT_EQ(sent.at, kMorning + (4 * 60 + 45) * 60 * kSecond);
  EXPECT_FALSE(sent.scan);
  ASSERT_EQ(world.Run({"query", "--widened"}), 0);
  EXPECT_EQ(world.ledger->queries.back().relations, (std::vector<Relation>{Relation::kWidened, Relation::kAdded}));
  EXPECT_EQ(world.Run({"query", "--relation", "smaller"}), 2);
  EXPECT_NE(world.err.str().find("--relation: no such relation: \"smaller\""), std::string::npos) << world.err.str();
  EXPECT_EQ(world.Run({"query", "--relation", "added", "--widened"}), 2);
  EXPECT_EQ(world.Run({"query", "--at", "yesterday"}), 2);
  EXPECT_NE(world.err.str().find("--at: "), std::string::npos) << world.err.str();
}

TEST(Query, AtAMomentShowsTheGrantOfThen) {
  World world;
  FillDay(*world.ledger);
  // env-1 is requested at 09:20:00, granted 4 of 8 two seconds later and done at 09:21:30; env-2 comes at 09:21:00.
  world.ledger->envelopes.resize(1);
  const auto at = [&](const std::string& time) {
    world.out.str("");
    EXPECT_EQ(world.Run({"query", "--at", time, "--format", "jsonl"}), 0) << world.err.str();
    return Lines(world.out.str());
  };
  const auto asked = at("2026-03-17T09:20:01Z");
  EXPECT_EQ(asked[0]["stage"], "requested");
  EXPECT_EQ(asked[0]["granted"], nullptr);
  EXPECT_EQ(asked[0]["revisions"], 1);
  EXPECT_EQ(asked[1]["completeness"]["at"], "2026-03-17T09:20:01Z");
  const auto held = at("2026-03-17T09:21:29Z");
  EXPECT_EQ(held[0]["stage"], "granted");
  EXPECT_EQ(held[0]["granted"]["grant_id"], "grant-1");
  EXPECT_EQ(held[0]["updated_at"], "2026-03-17T09:20:02Z");
  EXPECT_EQ(at("2026-03-17T09:21:30Z")[0]["stage"], "completed");

  world.out.str("");
  ASSERT_EQ(world.Run({"query", "--at", "2026-03-17T09:20:01Z"}), 0);
  EXPECT_NE(world.out.str().find("1 envelope. State as of 2026-03-17T09:20:01Z. Complete as of 5 entries"),
            std::string::npos)
      << world.out.str();
  EXPECT_EQ(world.Run({"query", "--at", "2026-03-17T09:19:59Z"}), 1) << "a ledger that answers with what comes later";
}

TEST(Query, AScanSaysWhatItReadAndThatNoIndexWasUsed) {
  World world;
  FillDay(*world.ledger);
  world.ledger->scans = true;
  ASSERT_EQ(world.Run({"query", "--scan"}), 0) << world.err.str();
  EXPECT_TRUE(world.ledger->queries.at(0).scan);
  EXPECT_NE(world.out.str().find("Scanned 2 entries, no index used."), std::string::npos) << world.out.str();
  world.out.str("");
  ASSERT_EQ(world.Run({"query", "--scan", "--format", "jsonl"}), 0);
  EXPECT_EQ(Lines(world.out.str()).back()["completeness"]["unindexed"], true);
  world.ledger->scans = false;
  EXPECT_EQ(world.Run({"query", "--scan", "--format", "jsonl"}), 1) << "an older daemon knows no scan";
  EXPECT_NE(world.err.str().find("although a scan was asked for"), std::string::npos) << world.err.str();
}

TEST(Query, EnvelopesArePrintedAsTheyCome) {
  World world;
  FillDay(*world.ledger);
  world.ledger->page = 1;
  world.ledger->on_query = [&](const QueryRequest& request) {
    const size_t before = request.cursor.empty() ? 0 : std::stoul(request.cursor);
    EXPECT_EQ(Lines(world.out.str()).size(), before) << "an earlier page waits";
  };
  ASSERT_EQ(world.Run({"query", "--format", "jsonl", "--limit", "0"}), 0);
  EXPECT_EQ(world.ledger->queries.size(), 3u);
}

TEST(Query, SeveralPrincipalsOfOneNameAreSaidOnStderr) {
  World world;
  FillDay(*world.ledger);
  for (const char* issuer : {"https://a.example", "https://b.example"}) {
    PrincipalSummary summary;
    summary.principal = User("alice", issuer);
    world.ledger->principals.push_back(summary);
  }
  ASSERT_EQ(world.Run({"query", "--principal", "alice", "--format", "jsonl"}), 0);
  EXPECT_NE(world.err.str().find("user:alice@a.example, user:alice@b.example"), std::string::npos) << world.err.str();
  EXPECT_EQ(Lines(world.out.str()).size(), 4u);
}

}  // namespace
}  // namespace envledger::cli
