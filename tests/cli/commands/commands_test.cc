#include "cli/commands/commands.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/output/verify_report.h"
#include "ledger/base/bytes.h"
#include "ledger/chain/tree.h"
#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(Tool, WrapsHelpWhateverLinesItIsWrittenIn) {
  Command command;
  command.name = "try";
  command.text = "one\ntwo three\n\nfour\nfive";
  EXPECT_NE(HelpText(command).find("\n\none two three\n\nfour five\n\nOptions:\n"), std::string::npos)
      << HelpText(command);
  const std::string word(60, 'x');
  const std::string text = word + "\n" + word;
  command.text = text;
  EXPECT_NE(HelpText(command).find("\n" + text + "\n"), std::string::npos) << "100 columns hold one of them";
}

TEST(Tool, AnswersHelpAndVersion) {
  World world;
  EXPECT_EQ(world.Run({"--version"}), 0);
  EXPECT_EQ(world.out.str().substr(0, 10), "envledger ");
  for (const Command& command : AllCommands()) {
    World each;
    std::vector<std::string> words = {"help"};
    std::istringstream name{std::string(command.name)};
    for (std::string word; name >> word;) words.push_back(word);
    EXPECT_EQ(each.Run(words), 0) << command.name;
    words.erase(words.begin());
    words.emplace_back("--help");
    World other;
    EXPECT_EQ(other.Run(words), 0) << command.name;
    EXPECT_EQ(each.out.str(), other.out.str());
    EXPECT_NE(each.out.str().find("Example:\n  "), std::string::npos) << command.name;
    EXPECT_NE(OverviewText().find("\n  " + std::string(command.name) + " "), std::string::npos) << command.name;
  }
}

TEST(Tool, WrongUsageExitsTwoAndSaysWhy) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"quary"},
      {"key"},
      {"key", "shine"},
      {"query", "--principle", "alice"},
      {"query", "alice"},
      {"show"},
      {"show", "a", "b"},
      {"show", "a", "--seq", "1"},
      {"show", "a", "--raw", "--format", "json"},
      {"query", "--socket", "a", "--data-dir", "b"},
      {"query", "--format", "xml"},
      {"query", "--color", "red"},
      {"verify", "--checkpoint", "f"},
      {"verify", "--threads", "many"},
      {"checkpoint", "--sign-now", "--data-dir", "d"},
      {"checkpoint", "--sign-now", "--size", "5"},
      {"checkpoint", "--size", "05"},
      {"checkpoint", "--tsa-ca", "f"},
      {"checkpoint", "--timestamps", "d"},
      {"checkpoint", "--checkpoint", "f"},
      {"checkpoint", "--attach-timestamp", "f"},
      {"checkpoint", "--attach-timestamp", "f", "--timestamp-request", "g", "--timestamps", "d"},
      {"checkpoint", "--attach-timestamp", "f", "--sign-now", "--timestamps", "d"},
      {"verify", "--tsa-ca", "f"},
      {"key", "generate", "--key", "f"},
      {"key", "show", "--origin", "two words", "--key", "f"},
      {"key", "show", "--history", "--key", "f"},
      {"key", "show", "--origin", "a", "--key", "f", "--data-dir", "d"},
      {"key", "rotate"},
      {"append", "--batch", "0"},
      {"append", "a", "b"},
  };
  for (const auto& words : wrong) {
    World world;
    EXPECT_EQ(world.Run(words), 2) << testing::PrintToString(words);
    EXPECT_NE(world.err.str(), "") << testing::PrintToString(words);
    EXPECT_EQ(world.out.str(), "") << testing::PrintToString(words);
  }
}

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

TEST(Principals, PrintsRolesCountsAndTimes) {
  World world;
  PrincipalSummary summary;
  summary.principal = User("alice");
  summary.by_role = {3, 0, 0, 1};
  summary.envelopes = 4;
  summary.first_seen = kMorning;
  summary.last_seen = kMorning + kSecond;
  world.ledger->principals = {summary};
  ASSERT_EQ(world.Run({"principals", "--format", "jsonl"}), 0);
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0], (json{{"principal", {{"kind", "user"}, {"issuer", "https://id.example.com"}, {"id", "alice"}}},
                            {"roles", {{"requester", 3}, {"decider", 1}}},
                            {"envelopes", 4},
                            {"first_seen", "2026-03-17T09:20:00Z"},
                            {"last_seen", "2026-03-17T09:20:01Z"}}));
  EXPECT_EQ(lines[1]["completeness"]["complete"], true);
  World csv;
  csv.ledger = world.ledger;
  csv.Run({"principals", "--format", "csv"});
  EXPECT_EQ(csv.out.str(),
            "kind,issuer,id,envelopes,requester,subject,delegate,decider,first_seen,last_seen\r\n"
            "user,https://id.example.com,alice,4,3,0,0,1,2026-03-17T09:20:00Z,2026-03-17T09:20:01Z\r\n");
}

TEST(Checkpoint, IsPrintedByteForByte) {
  World world;
  EXPECT_EQ(world.Run({"checkpoint"}), 3);
  const std::string root = Base64(std::string(32, 'r'));
  const std::string note =
      "ledger.example\n5\n" + root + "\n\n\u2014 ledger.example " + Base64(std::string(68, 's')) + "\n";
  world.ledger->checkpoints = {note};
  ASSERT_EQ(world.Run({"checkpoint"}), 0);
  EXPECT_EQ(world.out.str(), note);
  world.out.str("");
  ASSERT_EQ(world.Run({"checkpoint", "--format", "json"}), 0);
  EXPECT_EQ(json::parse(world.out.str()),
            (json{{"origin", "ledger.example"}, {"size", 5}, {"root", Hex(std::string(32, 'r'))}, {"note", note}}));
}

TEST(Checkpoint, OfAGivenSizeIsThatOneOrNone) {
  World world;
  FillDay(*world.ledger);
  world.ledger->checkpoints = {world.ledger->NoteOver(2), world.ledger->NoteOver(5)};
  ASSERT_EQ(world.Run({"checkpoint", "--size", "2"}), 0) << world.err.str();
  EXPECT_EQ(world.out.str(), world.ledger->checkpoints.front());
  EXPECT_EQ(world.Run({"checkpoint", "--size", "3"}), 3);
  EXPECT_NE(world.err.str().find("the nearest are of 2 below and 5 above"), std::string::npos) << world.err.str();
}

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

VerifyReport ReportOf(Verdict verdict) {
  VerifyReport report;
  report.verdict = verdict;
  report.entries = 1000;
  report.tree_size = 1000;
  if (IsPass(verdict)) report.root = Hash{};
  report.origin = "ledger.example";
  report.checkpoints = 3;
  report.checks = {{"chain", "1000 entries"}};
  if (!IsPass(verdict)) {
    report.failures = {{.seq = 412, .check = "chain", .message = "not the hash\x1b", .verdict = verdict}};
    report.failure_count = 120;
  }
  return report;
}

TEST(Verify, JsonHasTheVerdictAndTheFailures) {
  const json good = json::parse(VerifyJson(ReportOf(Verdict::kUnanchored)));
  EXPECT_EQ(good["verdict"], "UNANCHORED");
  EXPECT_EQ(good["ok"], true);
  EXPECT_EQ(good["entries"], 1000);
  EXPECT_EQ(good["tree_size"], 1000);
  EXPECT_EQ(good["root"], std::string(64, '0'));
  EXPECT_EQ(good["checkpoints"], 3);
  EXPECT_EQ(good["failures"], json::array());
  EXPECT_EQ(good["checks"], (json{{"chain", "1000 entries"}}));
  const json bad = json::parse(VerifyJson(ReportOf(Verdict::kTampered)));
  EXPECT_EQ(bad["ok"], false);
  EXPECT_EQ(bad["root"], nullptr) << "it cannot be known";
  EXPECT_EQ(bad["failures"], (json{{{"seq", 412}, {"check", "chain"}, {"message", "not the hash\x1b"}}}));
  EXPECT_EQ(bad["failure_count"], 120);
}

TEST(Verify, TableSaysWhatUnanchoredCannotShow) {
  std::ostringstream out;
  PrintVerify(out, {}, ReportOf(Verdict::kUnanchored));
  EXPECT_EQ(out.str().find("UNANCHORED  ledger.example, 1,000 entries\n"), 0u) << out.str();
  EXPECT_NE(out.str().find("cannot show that the tail was cut off or the whole ledger replaced"), std::string::npos);
  EXPECT_NE(out.str().find("envledger checkpoint > FILE"), std::string::npos);
}

TEST(Verify, TableNamesTheFirstBadEntry) {
  std::ostringstream out;
  PrintVerify(out, {}, ReportOf(Verdict::kTampered));
  EXPECT_EQ(out.str().find("TAMPERED  ledger.example, 1,000 entries, 120 failures, the first at entry 412\n"), 0u);
  EXPECT_NE(out.str().find("  entry 412       chain       not the hash\\x1b\n"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("and 119 more"), std::string::npos);
}

TEST(Verify, AKeyThatCannotBeReadIsUnavailable) {
  World world;
  EXPECT_EQ(world.Run({"verify", "--vkey", "/no/such/key"}), 5);
  EXPECT_EQ(world.Run({"verify", "--vkey", "name+00000000+AAAA"}), 5);
  EXPECT_NE(world.err.str().find("--vkey"), std::string::npos);
}

TEST(Key, IsGeneratedOnceAndShownAgain) {
  std::string directory = testing::TempDir() + "key-XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string path = directory + "/signing.key";
  World generate;
  ASSERT_EQ(generate.Run({"key", "generate", "--origin", "ledger.example", "--key", path}), 0) << generate.err.str();
  EXPECT_EQ(generate.out.str().find("ledger.example+"), 0u);
  World show;
  ASSERT_EQ(show.Run({"key", "show", "--origin", "ledger.example", "--key", path}), 0) << show.err.str();
  EXPECT_EQ(show.out.str(), generate.out.str());
  World again;
  EXPECT_EQ(again.Run({"key", "generate", "--origin", "ledger.example", "--key", path}), 5);
  World missing;
  EXPECT_EQ(missing.Run({"key", "show", "--origin", "ledger.example", "--key", directory + "/none"}), 5);

  // A file with the printed line is a --vkey, so that verify gets as far as the ledger that is not there.
  std::ofstream(directory + "/vkey") << generate.out.str();
  World verify;
  verify.open_status = NotFound("no ledger");
  EXPECT_EQ(verify.Run({"verify", "--vkey", directory + "/vkey"}), 3) << verify.err.str();
  unlink(path.c_str());
  unlink((directory + "/vkey").c_str());
  rmdir(directory.c_str());
}

}  // namespace
}  // namespace envledger::cli
