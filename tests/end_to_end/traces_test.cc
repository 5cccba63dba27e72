// Real traces, appended whole through the socket; every answer is compared with facts that an independent program
// computed from the raw rows. ENVLEDGER_TRACES names other traces than the two of the normal run, separated by blanks:
// the long run is ENVLEDGER_TRACES=cea-curie-2011 (1.2 million transitions).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ledger/codec/quantity.h"
#include "tests/support/daemon.h"

namespace envledger {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const fs::path kTraces = fs::path(ENVLEDGER_SOURCE_DIR) / "../shared/traces";

// resource -> milli-units, those per unit under "name (per unit)".
using Sums = std::map<std::string, __int128>;

void AddTo(Sums& sums, const json& resources) {
  if (!resources.is_object()) return;
  for (const auto& [name, quantity] : resources.items()) {
    const bool simple = quantity.is_string();
    if (!simple && !quantity.contains("amount")) continue;
    const auto milli = ParseQuantity(simple ? quantity.get<std::string>() : quantity["amount"].get<std::string>());
    ASSERT_TRUE(milli.ok()) << quantity;
    const bool per_unit = !simple && quantity.value("per", "total") == "unit";
    sums[per_unit ? name + " (per unit)" : name] += *milli;
  }
}

void ExpectSums(const Sums& sums, const json& facts, const std::string& kind) {
  Sums expected;
  for (const auto& [suffix, mark] : {std::pair{"_milli", ""}, std::pair{"_per_unit_milli", " (per unit)"}}) {
    if (!facts.contains(kind + suffix)) continue;
    for (const auto& [name, amount] : facts[kind + suffix].items()) expected[name + mark] = amount.get<int64_t>();
  }
  std::string difference;
  std::set<std::string> names;
  for (const auto& [name, amount] : sums) names.insert(name);
  for (const auto& [name, amount] : expected) names.insert(name);
  for (const std::string& name : names) {
    const auto have = sums.find(name);
    const auto want = expected.find(name);
    const __int128 a = have == sums.end() ? 0 : have->second;
    const __int128 b = want == expected.end() ? 0 : want->second;
    if (a != b)
      difference += kind + " " + name + ": " + FormatQuantity(a) + ", the facts say " + FormatQuantity(b) + "\n";
  }
  EXPECT_EQ(difference, "");
}

// What the answers add up to, over all envelopes or over those of one requester.
struct Tally {
  uint64_t envelopes = 0;
  std::map<std::string, uint64_t> by_final_stage;
  std::map<std::string, uint64_t> by_kind;
  std::map<std::string, uint64_t> by_scope;
  std::map<std::string, uint64_t> by_tenant;
  Sums requested;
  Sums granted;
  Sums used;
  uint64_t with_grant = 0;
  uint64_t differ = 0;
  uint64_t differ_where_both_stated = 0;
  std::map<std::string, uint64_t> envelopes_with;
  std::map<std::string, uint64_t> resources_with;
  std::map<std::string, std::map<std::string, uint64_t>> by_resource;
  std::string first_opened;
  std::string last_opened;

  void Add(const json& envelope) {
    ++envelopes;
    ++by_final_stage[envelope["stage"]];
    ++by_kind[envelope["execution"]["kind"]];
    const json& scope = envelope["scope"];
    ++by_scope[scope.contains("id") ? scope["kind"].get<std::string>() + ":" + scope["id"].get<std::string>() : "none"];
    if (envelope.contains("tenant") && envelope["tenant"].is_string()) ++by_tenant[envelope["tenant"]];
    AddTo(requested, envelope.value("requested", json()));
    if (envelope.contains("granted") && envelope["granted"].is_object()) {
      ++with_grant;
      AddTo(granted, envelope["granted"].value("resources", json()));
    }
    if (envelope.contains("outcome") && envelope["outcome"].is_object())
      AddTo(used, envelope["outcome"].value("usage", json()));
    std::set<std::string> relations;
    const json relation_map = envelope.value("relation", json::object());  // outlives the loop
    for (const auto& [resource, relation] : relation_map.items()) {
      relations.insert(relation.get<std::string>());
      ++resources_with[relation];
      ++by_resource[resource][relation];
    }
    for (const std::string& relation : relations) ++envelopes_with[relation];
    std::set<std::string> other = relations;
    other.erase("as_requested");
    differ += other.empty() ? 0 : 1;
    differ_where_both_stated += relations.count("narrowed") + relations.count("widened") > 0 ? 1 : 0;
    const std::string opened = envelope["opened_at"];
    if (first_opened.empty()) first_opened = opened;
    last_opened = opened;
  }
};

void ExpectCounts(const std::map<std::string, uint64_t>& counts, const json& facts, const std::string& what) {
  std::map<std::string, uint64_t> expected;
  for (const auto& [name, count] : facts.items()) {
    if (count != 0) expected[name] = count;
  }
  EXPECT_EQ(counts, expected) << what;
}

class TraceRun {
 public:
  explicit TraceRun(const std::string& name) : name_(name) {
    std::ifstream file(kTraces / name / "expected.json");
    facts_ = json::parse(file);
  }

  void AppendWhole() {
    ledger_.Start();
    const std::string lines = ledger_.path("transitions.jsonl");
    const Ended made = RunProgram({"python3", (kTraces / "transitions.py").string(), name_, "--out", lines});
    ASSERT_EQ(made.status, 0) << made.err;
    const Ended appended = ledger_.Tool({"append", lines, "--append-socket", ledger_.append_socket()});
    ASSERT_EQ(appended.status, 0) << appended.err;
    RecordIn("append", appended.out);
    // Once more: every line is a replay, and nothing is added.
    if (facts_["transitions"]["total"] < 100'000) {
      ASSERT_EQ(ledger_.Tool({"append", lines, "--append-socket", ledger_.append_socket()}).status, 0);
    }
    const json status = json::parse(ledger_.OnSocket({"status", "--format", "json"}).out);
    EXPECT_EQ(status["tree_size"], facts_["transitions"]["total"].get<uint64_t>() + 2);
    fs::remove(lines);
  }

  void CompareWithFacts() {
    Tally all;
    ForEach({}, [&](const json& envelope) { all.Add(envelope); });
    const json& envelopes = facts_["envelopes"];
    EXPECT_EQ(all.envelopes, envelopes["total"]);
    ExpectCounts(all.by_final_stage, envelopes["by_final_stage"], "final stages");
    ExpectCounts(all.by_kind, envelopes["by_kind"], "kinds");
    ExpectCounts(all.by_scope, envelopes["by_scope"], "scopes");
    EXPECT_EQ(all.first_opened, envelopes["first_requested_at"]);
    EXPECT_EQ(all.last_opened, envelopes["last_requested_at"]);
    ExpectSums(all.requested, facts_["totals"], "requested");
    ExpectSums(all.granted, facts_["totals"], "granted");
    ExpectSums(all.used, facts_["totals"], "used");
    CompareRelations(all);
    CompareTenants(all);

    CompareAccount();
    CompareFindings();

    uint64_t open = 0;
    ForEach({"--open"}, [&](const json&) { ++open; });
    EXPECT_EQ(open, envelopes["open"]);
    ComparePrincipals();
    CompareWindows();
    for (const char* key : {"spot_checks", "first_of_each_path"}) {
      for (const json& story : facts_[key]) CompareStory(story);
    }
  }

  void Verify() {
    EXPECT_EQ(ledger_.OnSocket({"verify", "--vkey", ledger_.vkey()}).status, 0);
    fs::copy_file(ledger_.path("data/checkpoint"), ledger_.path("kept"));
    EXPECT_EQ(ledger_.Stop().status, 0);
    const Ended verified = ledger_.OnDirectory(
        {"verify", "--vkey", ledger_.vkey(), "--checkpoint", ledger_.path("kept"), "--format", "json"});
    EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
    EXPECT_EQ(json::parse(verified.out)["verdict"], "VALID");
  }

 private:
  void RecordIn(const std::string& what, const std::string& text) {
    std::printf("%s %s: %s", name_.c_str(), what.c_str(), text.c_str());
  }

  // Every envelope of an answer, which must be complete.
  void ForEach(std::vector<std::string> filters, const std::function<void(const json&)>& visit) {
    filters.insert(filters.begin(), {"query", "--limit", "0", "--format", "jsonl"});
    const Ended answer = ledger_.OnSocket(filters);
    ASSERT_EQ(answer.status, 0) << answer.err;
    std::istringstream lines(answer.out);
    json completeness;
    for (std::string line; std::getline(lines, line);) {
      const json row = json::parse(line);
      if (row.contains("completeness")) {
        completeness = row["completeness"];
      } else {
        visit(row);
      }
    }
    EXPECT_EQ(completeness["complete"], true) << completeness;
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
  void CompareAccount() {
    const Ended answer = ledger_.OnSocket({"account", "--by", "tenant,day,resource", "--format", "jsonl"});
    ASSERT_EQ(answer.status, 0) << answer.err;
    std::map<std::string, Sums> of_rows;
    std::map<std::string, Sums> of_total;
    std::istringstream lines(answer.out);
    for (std::string line; std::getline(lines, line);) {
      const json row = json::parse(line);
      if (!row.contains("resources")) continue;
      if (row["by"].is_null()) {
        EXPECT_EQ(row["envelopes"], facts_["envelopes"]["total"]);
      }
      for (const auto& [name, sums] : row["resources"].items()) {
        for (const char* kind : {"requested", "granted", "used"}) {
          Sums& into = (row["by"].is_null() ? of_total : of_rows)[kind];
          if (sums[kind]["amount"].is_string()) {
            into[name] += *ParseQuantity(sums[kind]["amount"].get<std::string>());
          }
          if (sums[kind].contains("per_unit")) {
            into[name + " (per unit)"] += *ParseQuantity(sums[kind]["per_unit"].get<std::string>());
          }
        }
      }
    }
    for (const char* kind : {"requested", "granted", "used"}) {
      ExpectSums(of_total[kind], facts_["totals"], kind);
      ExpectSums(of_rows[kind], facts_["totals"], kind);
    }
  }

  void CompareFindings() {
    const Ended answer = ledger_.OnSocket({"findings", "--finding", "widened_grant", "--format", "jsonl"});
    ASSERT_EQ(answer.status, 0) << answer.err;
    std::set<std::string> widened;
    std::istringstream lines(answer.out);
    for (std::string line; std::getline(lines, line);) {
      const json row = json::parse(line);
      if (row.value("severity", "") == "warning") widened.insert(row["envelope_id"].get<std::string>());
    }
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
      uint64_t found = 0;
      ForEach({"--tenant", tenant["tenant"]}, [&](const json&) { ++found; });
      EXPECT_EQ(found, tenant["envelopes"]);
    }
  }

  void ComparePrincipals() {
    const Ended listed = ledger_.OnSocket({"principals", "--limit", "0", "--format", "jsonl"});
    ASSERT_EQ(listed.status, 0) << listed.err;
    uint64_t distinct = 0;
    uint64_t requesters = 0;
    uint64_t deciders = 0;
    std::map<std::string, json> by_id;
    std::istringstream lines(listed.out);
    for (std::string line; std::getline(lines, line);) {
      const json row = json::parse(line);
      if (!row.contains("principal")) continue;
      ++distinct;
      requesters += row["roles"].value("requester", 0) > 0 ? 1 : 0;
      deciders += row["roles"].value("decider", 0) > 0 ? 1 : 0;
      by_id[row["principal"].dump()] = row;
    }
    const json& facts = facts_["principals"];
    EXPECT_EQ(distinct, facts["distinct"]);
    EXPECT_EQ(requesters, facts["requesters"]);
    EXPECT_EQ(deciders, facts["deciders"]);
    for (const json& top : facts["top_requesters"]) {
      const json& who = top["requester"];
      SCOPED_TRACE(who.dump());
      EXPECT_EQ(by_id.at(json(who).dump())["roles"]["requester"], top["envelopes"]);
      Tally tally;
      ForEach({"--principal", who["kind"].get<std::string>() + ":" + who["id"].get<std::string>(), "--issuer",
               who["issuer"], "--role", "requester"},
              [&](const json& envelope) {
                EXPECT_EQ(envelope["requester"], who);
                tally.Add(envelope);
              });
      EXPECT_EQ(tally.envelopes, top["envelopes"]);
      ExpectCounts(tally.by_final_stage, top["by_final_stage"], "final stages");
      EXPECT_EQ(tally.first_opened, top["first_requested_at"]);
      EXPECT_EQ(tally.last_opened, top["last_requested_at"]);
      ExpectSums(tally.requested, top, "requested");
      ExpectSums(tally.granted, top, "granted");
      ExpectSums(tally.used, top, "used");
    }
  }

  void CompareWindows() {
    for (const json& window : facts_["opened_within"]) {
      uint64_t opened = 0;
      std::set<std::string> requesters;
      ForEach({"--since", window["from"], "--until", window["until"]}, [&](const json& envelope) {
        ++opened;
        requesters.insert(envelope["requester"].dump());
      });
      EXPECT_EQ(opened, window["opened"]) << window;
      EXPECT_EQ(requesters.size(), window["requesters"]) << window;
    }
  }

  void CompareStory(const json& story) {
    const std::string id = story["envelope_id"];
    SCOPED_TRACE(id);
    const Ended shown = ledger_.OnSocket({"show", id, "--format", "json"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    const json envelope = json::parse(shown.out);
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
  json facts_;
  TestLedger ledger_;
};

class Traces : public testing::TestWithParam<std::string> {};

TEST_P(Traces, AppendedWholeAnswerAsTheIndependentFactsAndVerify) {
  if (!fs::exists(kTraces / GetParam() / "expected.json")) {
    GTEST_SKIP() << "the trace " << GetParam() << " is not here (looked in " << kTraces << "): nothing was compared";
  }
  TraceRun run(GetParam());
  ASSERT_NO_FATAL_FAILURE(run.AppendWhole());
  run.CompareWithFacts();
  run.Verify();
}

std::vector<std::string> Chosen() {
  const char* chosen = std::getenv("ENVLEDGER_TRACES");
  std::istringstream words(chosen != nullptr ? chosen : "mit-supercloud-2021 k8s-audit-2023");
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
