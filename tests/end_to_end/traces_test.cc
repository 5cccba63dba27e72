// Real traces, appended whole through the socket; every answer is compared with facts that independent programs
// computed from the raw rows: expected.json, about the transitions, and facts.json, about the rows themselves.
//
// ENVLEDGER_TRACES names other traces than all of them, separated by blanks. The longest, 1.2 million transitions,
// takes about a minute as shipped. Builds with sanitizers leave out all but one, unless they are named.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <sstream>

#include "ledger/base/time.h"
#include "tests/end_to_end/raw_row_facts.h"
#include "tests/end_to_end/trace_answers.h"
#include "tests/support/paths.h"
#include "tests/support/sanitized.h"

namespace envledger {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const fs::path kTraces = fs::path(ENVLEDGER_SOURCE_DIR) / "../shared/traces";
constexpr const char* kShortest = "alibaba-gpu-pods-2023";  // to run

json Read(const fs::path& path) {
  std::ifstream file(path);
  return json::parse(file);
}

class TraceRun {
 public:
  explicit TraceRun(const std::string& name)
      : name_(name), facts_(Read(kTraces / name / "expected.json")), answers_(ledger_) {}

  void AppendWhole() {
    ledger_.Start();
    const std::string lines = ledger_.path("transitions.jsonl");
    const Ended made = RunProgram({"python3", (kTraces / "transitions.py").string(), name_, "--out", lines});
    ASSERT_EQ(made.status, 0) << made.err;
    const Ended appended = ledger_.Tool({"append", lines, "--append-socket", ledger_.append_socket()});
    ASSERT_EQ(appended.status, 0) << appended.err;
    std::printf("%s append: %s", name_.c_str(), appended.out.c_str());
    // Once more: every line is a replay, and nothing is added.
    if (!IsLong()) {
      ASSERT_EQ(ledger_.Tool({"append", lines, "--append-socket", ledger_.append_socket()}).status, 0);
    }
    const json status = json::parse(ledger_.OnSocket({"status", "--format", "json"}).out);
    EXPECT_EQ(status["tree_size"], Transitions() + 2);
    fs::remove(lines);
  }

  void CompareWithFacts() {
    // The answers about everything are asked for at once, while the envelopes are read and added up.
    auto paths = std::async(std::launch::async, [this] { return answers_.Paths(Transitions()); });
    auto account = std::async(std::launch::async, [this] {
      return answers_.Account({"--by", "principal,tenant,resource"});
    });
    const auto rows = RawRowFacts::Of(name_, Read(kTraces / name_ / "facts.json"));
    ASSERT_NE(rows, nullptr);
    Tally all;
    answers_.ForEachEnvelope({}, [&](const json& envelope) {
      all.Add(envelope);
      rows->Add(envelope);
    });
    CompareEnvelopes(all);
    CompareRelations(all);
    ExpectCounts(paths.get(), facts_["envelopes"]["by_path"], "paths");
    const std::vector<AccountLine> of_everybody = account.get();
    CompareAccount(of_everybody);
    rows->Compare(answers_, of_everybody);
    CompareFindings();
    CompareTenants(all);
    ComparePrincipals(of_everybody);
    CompareMoments();
    CompareWindows();
    for (const char* key : {"spot_checks", "first_of_each_path"}) {
      for (const json& story : facts_[key]) CompareStory(story);
    }
  }

  void Verify() {
    if (!IsLong()) {
      EXPECT_EQ(ledger_.OnSocket({"verify", "--vkey", ledger_.vkey()}).status, 0);
    }
    fs::copy_file(ledger_.path("data/checkpoint"), ledger_.path("kept"));
    EXPECT_EQ(ledger_.Stop().status, 0);
    const Ended verified = ledger_.OnDirectory(
        {"verify", "--vkey", ledger_.vkey(), "--checkpoint", ledger_.path("kept"), "--format", "json"});
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
    EXPECT_EQ(json::parse(verified.out)["verdict"], "VALID");
  }

 private:
  uint64_t Transitions() const { return facts_["transitions"]["total"]; }
  bool IsLong() const { return Transitions() > 100'000; }

  void CompareEnvelopes(const Tally& all) {
    const json& envelopes = facts_["envelopes"];
    EXPECT_EQ(all.envelopes, envelopes["total"]);
    EXPECT_EQ(all.open, envelopes["open"]);
    EXPECT_EQ(answers_.CountEnvelopes({"--open"}), envelopes["open"]);
    ExpectCounts(all.by_final_stage, envelopes["by_final_stage"], "final stages");
    ExpectCounts(all.by_kind, envelopes["by_kind"], "kinds");
    ExpectCounts(all.by_scope, envelopes["by_scope"], "scopes");
    EXPECT_EQ(all.first_opened, envelopes["first_requested_at"]);
    EXPECT_EQ(all.last_opened, envelopes["last_requested_at"]);
    ExpectSums(all.requested, facts_["totals"], "requested");
    ExpectSums(all.granted, facts_["totals"], "granted");
    ExpectSums(all.used, facts_["totals"], "used");
    EXPECT_EQ(all.decided_by_requester, facts_["principals"]["envelopes_decided_by_their_requester"]);
  }

  void CompareRelations(const Tally& all) {
    const json& facts = facts_["relation"];
    EXPECT_EQ(all.with_grant, facts["envelopes_with_a_grant"]);
    EXPECT_EQ(all.differ, facts["envelopes_that_differ"]);
    EXPECT_EQ(all.differ_where_both_stated, facts["envelopes_that_differ_where_both_are_stated"]);
    ExpectCounts(all.envelopes_with, facts["envelopes_with"], "envelopes by relation");
    ExpectCounts(all.resources_with, facts["resources_with"], "resources by relation");
    for (const auto& [resource, counts] : facts["by_resource"].items()) {
      const auto found = all.by_resource.find(resource);
      ASSERT_NE(found, all.by_resource.end()) << resource;
      ExpectCounts(found->second, counts, resource);
    }
    EXPECT_EQ(all.by_resource.size(), facts["by_resource"].size());
  }

  // The account's total, and its rows added up, are the totals of the facts.
  void ExpectTotals(const std::vector<AccountLine>& account) {
    std::map<std::string, Sums> of_rows;
    for (const AccountLine& line : account) {
      if (line.by.is_null()) continue;
      for (const auto& [kind, sums] : line.sums) {
        for (const auto& [name, sum] : sums) of_rows[kind][name] += sum;
      }
    }
    std::map<std::string, Sums> of_total = account.back().sums;
    EXPECT_EQ(account.back().envelopes, facts_["envelopes"]["total"]);
    for (const char* kind : {"requested", "granted", "used"}) {
      ExpectSums(of_total[kind], facts_["totals"], kind);
      ExpectSums(of_rows[kind], facts_["totals"], kind);
    }
  }

  void CompareAccount(const std::vector<AccountLine>& of_everybody) {
    ExpectTotals(of_everybody);
    if (IsLong()) return;
    // What never ended is held for a day more than the trace lasts, not for all the years since.
    const Nanos until = *ParseTime(facts_["envelopes"]["last_requested_at"].get<std::string>()) + 86400 * kSecond;
    ExpectTotals(answers_.Account({"--by", "tenant,day,resource", "--held-until", FormatTime(until)}));
    Counts by_stage;
    for (const AccountLine& line : answers_.Account({"--by", "stage"})) {
      if (!line.by.is_null()) by_stage[line.by["stage"]] = line.envelopes;
    }
    ExpectCounts(by_stage, facts_["envelopes"]["by_final_stage"], "final stages of the account");
  }

  void CompareFindings() {
    std::set<std::string> widened;
    answers_.ForEach({"findings", "--finding", "widened_grant"}, [&](const json& row) {
      if (row["severity"] == "warning") widened.insert(row["envelope_id"].get<std::string>());
    });
    // A grant that was taken back later is a finding, and not in the facts, which know the latest.
    const uint64_t expected = facts_["relation"]["envelopes_with"]["widened"];
    if (facts_["transitions"]["by_stage"].value("granted", uint64_t{0}) ==
        facts_["relation"]["envelopes_with_a_grant"]) {
      EXPECT_EQ(widened.size(), expected);
    } else {
      EXPECT_GE(widened.size(), expected);
    }
  }

  void CompareTenants(const Tally& all) {
    EXPECT_EQ(all.by_tenant.size(), facts_["tenants"]["distinct"]);
    for (const json& tenant : facts_["tenants"]["top"]) {
      EXPECT_EQ(all.by_tenant.at(tenant["tenant"]), tenant["envelopes"]);
      const auto account = answers_.Account({"--by", "tenant", "--tenant", tenant["tenant"]});
      ASSERT_EQ(account.size(), 2u);
      EXPECT_EQ(account[0].by, (json{{"tenant", tenant["tenant"]}}));
      EXPECT_EQ(account[0].envelopes, tenant["envelopes"]);
    }
  }

  void ComparePrincipals(const std::vector<AccountLine>& account) {
    uint64_t distinct = 0;
    uint64_t requesters = 0;
    uint64_t deciders = 0;
    std::map<std::string, json> by_id;
    answers_.ForEach({"principals", "--limit", "0"}, [&](const json& row) {
      ++distinct;
      requesters += row["roles"].value("requester", 0) > 0 ? 1 : 0;
      deciders += row["roles"].value("decider", 0) > 0 ? 1 : 0;
      by_id[row["principal"].dump()] = row;
    });
    const json& facts = facts_["principals"];
    EXPECT_EQ(distinct, facts["distinct"]);
    EXPECT_EQ(requesters, facts["requesters"]);
    EXPECT_EQ(deciders, facts["deciders"]);
    for (const json& top : facts["top_requesters"]) {
      const json& who = top["requester"];
      SCOPED_TRACE(who.dump());
      EXPECT_EQ(by_id.at(who.dump())["roles"]["requester"], top["envelopes"]);
      Tally tally;
      answers_.ForEachEnvelope(ByRequester(who), [&](const json& envelope) {
        EXPECT_EQ(envelope["requester"], who);
        tally.Add(envelope);
      });
      EXPECT_EQ(tally.envelopes, top["envelopes"]);
      ExpectCounts(tally.by_final_stage, top["by_final_stage"], "final stages");
      EXPECT_EQ(tally.first_opened, top["first_requested_at"]);
      EXPECT_EQ(tally.last_opened, top["last_requested_at"]);
      // Added up here, by the account of everybody, and by the account of this requester alone.
      std::map<std::string, Sums> of_rows;
      for (const AccountLine& line : account) {
        if (line.by.is_null() || line.by["principal"] != who) continue;
        for (const auto& [kind, sums] : line.sums) {
          for (const auto& [name, sum] : sums) of_rows[kind][name] += sum;
        }
      }
      std::vector<std::string> words = ByRequester(who);
      words.insert(words.end(), {"--by", "principal"});
      std::vector<AccountLine> own = answers_.Account(words);
      ASSERT_EQ(own.size(), 2u);
      EXPECT_EQ(own[0].by["principal"], who);
      EXPECT_EQ(own[0].envelopes, top["envelopes"]);
      for (const auto& [kind, sums] :
           {std::pair{"requested", &tally.requested}, {"granted", &tally.granted}, {"used", &tally.used}}) {
        ExpectSums(*sums, top, kind);
        ExpectSums(of_rows[kind], top, kind);
        ExpectSums(own[0].sums[kind], top, kind);
      }
    }
  }

  void CompareMoments() {
    for (const json& moment : facts_["open_at"]) {
      SCOPED_TRACE(moment.dump());
      Tally open;
      answers_.ForEachEnvelope({"--open", "--at", moment["at"]}, [&](const json& envelope) { open.Add(envelope); });
      EXPECT_EQ(open.envelopes, moment["open"]);
      EXPECT_EQ(open.open, moment["open"]);
      ExpectCounts(open.by_final_stage, moment["open_by_stage"], "stages at the moment");
    }
  }

  void CompareWindows() {
    for (const json& window : facts_["opened_within"]) {
      SCOPED_TRACE(window.dump());
      const auto account =
          answers_.Account({"--by", "requester", "--since", window["from"], "--until", window["until"]});
      EXPECT_EQ(account.back().envelopes, window["opened"]);
      EXPECT_EQ(account.size() - 1, window["requesters"]);
    }
  }

  void CompareStory(const json& story) {
    const std::string id = story["envelope_id"];
    SCOPED_TRACE(id);
    const json envelope = answers_.Show(id);
    EXPECT_EQ(envelope["requester"], story["requester"]);
    ASSERT_EQ(envelope["records"].size(), story["steps"].size());
    for (size_t i = 0; i < story["steps"].size(); ++i) {
      EXPECT_EQ(envelope["records"][i]["stage"], story["steps"][i]["stage"]);
      EXPECT_EQ(envelope["records"][i]["occurred_at"], story["steps"][i]["at"]);
    }
    EXPECT_EQ(envelope.value("relation", json::object()), story.value("relation", json::object()));
    Tally tally;
    tally.Add(envelope);
    ExpectSums(tally.requested, story, "requested");
    ExpectSums(tally.granted, story, "granted");
    ExpectSums(tally.used, story, "used");
  }

  const std::string name_;
  const json facts_;
  ServedLedger ledger_;
  const TraceAnswers answers_;
};

class Traces : public testing::TestWithParam<std::string> {};

TEST_P(Traces, AppendedWholeAnswerAsTheIndependentFactsAndVerify) {
  const std::string& name = GetParam();
  if (!fs::exists(kTraces / name / "expected.json")) {
    GTEST_SKIP() << "the trace " << name << " is not here (looked in " << kTraces << "): nothing was compared";
  }
  if (ENVLEDGER_SANITIZED && name != kShortest && std::getenv("ENVLEDGER_TRACES") == nullptr) {
    GTEST_SKIP() << "the trace " << name << " is left out of builds with sanitizers, which take minutes for it; "
                 << "run ENVLEDGER_TRACES=" << name << " traces_test to compare it";
  }
  TraceRun run(name);
  ASSERT_NO_FATAL_FAILURE(run.AppendWhole());
  run.CompareWithFacts();
  run.Verify();
}

std::vector<std::string> Chosen() {
  const char* chosen = std::getenv("ENVLEDGER_TRACES");
  std::istringstream words(chosen != nullptr ? chosen
                                             : "cea-curie-2011 mit-supercloud-2021 k8s-audit-2023 azure-llm-2023 "
                                               "alibaba-gpu-pods-2023");
  return {std::istream_iterator<std::string>(words), {}};
}

INSTANTIATE_TEST_SUITE_P(Real, Traces, testing::ValuesIn(Chosen()), [](const auto& trace) {
  std::string name = trace.param;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
});

}  // namespace
}  // namespace envledger
