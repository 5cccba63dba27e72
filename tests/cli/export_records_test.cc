// Exports of records: against the requirements of the standards, and against fixed lines.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "ledger/base/file.h"
#include "ledger/export/csv_rows.h"
#include "ledger/export/event_mappings.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

using nlohmann::json;

struct Day : World {
  Day() {
    FillDay(*ledger);
    ledger->status.origin = FakeLedger::kOrigin;
  }
  std::vector<std::string> Lines() const {
    std::vector<std::string> lines;
    std::istringstream in(out.str());
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  std::vector<json> Json() const {
    std::vector<json> parsed;
    for (const std::string& line : Lines()) parsed.push_back(json::parse(line));
    return parsed;
  }
};

TEST(ExportRecords, OcsfHasEveryRequiredFieldOfApiActivityAndItsTypes) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "ocsf"}), 0) << day.err.str();
  const std::vector<json> events = day.Json();
  ASSERT_EQ(events.size(), 5u);
  for (const json& event : events) {
    EXPECT_EQ(event.at("class_uid"), 6003);
    EXPECT_EQ(event.at("category_uid"), 6);
    EXPECT_EQ(event.at("type_uid"), 600300 + event.at("activity_id").get<int>());
    for (const char* number : {"activity_id", "severity_id", "status_id", "time"}) {
      EXPECT_TRUE(event.at(number).is_number_unsigned()) << number;
    }
    EXPECT_TRUE(event.at("metadata").at("version").is_string());
    EXPECT_TRUE(event.at("metadata").at("product").at("vendor_name").is_string());
    EXPECT_EQ(event.at("metadata").at("uid").get<std::string>().size(), 64u);
    EXPECT_FALSE(event.at("actor").at("user").at("name").get<std::string>().empty());
    EXPECT_FALSE(event.at("api").at("operation").get<std::string>().empty());
    EXPECT_FALSE(event.at("api").at("request").at("uid").get<std::string>().empty());
    EXPECT_FALSE(event.at("src_endpoint").empty());
    EXPECT_TRUE(event.at("unmapped").at("transition").is_object());
  }
  EXPECT_EQ(events[0]["time"], 1773739200000);
  EXPECT_EQ(events[0]["status_id"], 99);
  EXPECT_EQ(events[0]["status"], "requested");
  EXPECT_EQ(events[1]["status_code"], "narrow");
  EXPECT_EQ(events[1]["status_detail"], "quota of the project");
  EXPECT_EQ(events[1]["actor"]["user"]["name"], "alice") << "the requester stands on every record";
  EXPECT_EQ(events[2]["status_id"], 1);
  EXPECT_EQ(events[0]["resources"],
            (json{{{"name", "model:llama-3@2"}, {"uid", "llama-3"}, {"type", "model"}, {"version", "2"}}}));
}

TEST(ExportRecords, OcsfTellsWhoCalledFromForWhom) {
  Day day;
  day.ledger->envelopes.clear();
  day.ledger->log.clear();
  Transition requested = Requested("env-9", {PrincipalKind::kAgent, "https://agents.example.com", "aria"});
  requested.identity->subject = User("dana");
  requested.identity->source = Source{.service = "gateway", .address = "2001:db8::7", .user_agent = "x"};
  requested.identity->authentication = Authentication{.method = "mtls", .credential_id = "c-1", .session_id = "s-1"};
  requested.execution->action = Action::kCreate;
  day.ledger->Append(requested);
  Transition denied;
  denied.envelope_id = "env-9";
  denied.stage = Stage::kDenied;
  denied.occurred_at = kMorning + kSecond;
  denied.decision = Decision{};
  denied.decision->effect = Effect::kDeny;
  denied.decision->reasons = {"no budget"};
  day.ledger->Append(denied);
  ASSERT_EQ(day.Run({"export", "--format", "ocsf"}), 0) << day.err.str();
  const std::vector<json> events = day.Json();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["actor"]["user"]["name"], "dana");
  EXPECT_EQ(events[0]["actor"]["user"]["type_id"], 1);
  EXPECT_EQ(events[0]["actor"]["app_name"], "aria");
  EXPECT_EQ(events[0]["actor"]["app_uid"], "agent:aria@agents.example.com");
  EXPECT_EQ(events[0]["actor"]["session"],
            (json{{"uid", "s-1"}, {"credential_uid", "c-1"}, {"issuer", "https://agents.example.com"}}));
  EXPECT_EQ(events[0]["src_endpoint"], (json{{"svc_name", "gateway"}, {"ip", "2001:db8::7"}}));
  EXPECT_EQ(events[0]["activity_id"], 1);
  EXPECT_EQ(events[1]["status_id"], 2);
  EXPECT_EQ(events[1]["severity_id"], 3);
  EXPECT_EQ(events[1]["status_detail"], "no budget");
}

TEST(ExportRecords, CloudEventsHaveTheRequiredAttributesAndOnlyLegalNamesAndCharacters) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "cloudevents"}), 0) << day.err.str();
  const std::vector<json> events = day.Json();
  ASSERT_EQ(events.size(), 5u);
  std::set<std::string> ids;
  for (const json& event : events) {
    EXPECT_EQ(event.at("specversion"), "1.0");
    EXPECT_EQ(event.at("source"), FakeLedger::kOrigin);
    EXPECT_TRUE(ids.insert(event.at("id")).second);
    EXPECT_EQ(event.at("type").get<std::string>().rfind("org.envledger.transition.", 0), 0u);
    EXPECT_TRUE(event.at("data").is_object());
    for (const auto& [name, value] : event.items()) {
      EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos) << name;
      if (name == "data") continue;
      ASSERT_TRUE(value.is_string()) << name;
      for (const unsigned char c : value.get<std::string>()) EXPECT_GE(c, 0x20) << name;
    }
  }
  EXPECT_EQ(events[4]["authid"], "eve\\x1b[2J\\u{202e}");
  EXPECT_EQ(events[4]["data"]["identity"]["requester"]["id"], "eve\x1b[2J\u202e") << "the data is exact";
}

TEST(ExportRecords, AnOriginThatIsNoUriIsMadeOne) {
  EXPECT_EQ(UriReference("ai.example.com/ledger"), "ai.example.com/ledger");
  EXPECT_EQ(UriReference("host:80/a#b\u00e9"), "host%3a80/a%23b%c3%a9");
}

TEST(ExportRecords, LinesOfAFixedLedgerDoNotChange) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "cloudevents"}), 0);
  EXPECT_EQ(day.Lines()[2],
            "{\"specversion\":\"1.0\",\"id\":\"ledger.example/2\",\"source\":\"ledger.example\",\"type\":"
            "\"org.envledger.transition.completed\",\"subject\":\"env-1\",\"time\":\"2026-03-17T09:21:30Z\","
            "\"datacontenttype\":\"application/json\",\"recordedtime\":\"2026-03-17T09:21:30.5Z\",\"sequence\":"
            "\"00000000000000000002\",\"ledgerseq\":\"2\",\"leafhash\":"
            "\"c74a599658ee3847f60807a8ace50dddbca14b1de385bdb27207c08ccdab3107\",\"authtype\":\"user\",\"authid\":"
            "\"alice\",\"data\":{\"envelope_id\":\"env-1\",\"stage\":\"completed\",\"occurred_at\":"
            "\"2026-03-17T09:21:30Z\",\"outcome\":{\"code\":\"ok\",\"usage\":{\"gpu\":\"4\"}}}}");
  day.out.str("");
  ASSERT_EQ(day.Run({"export", "--format", "csv"}), 0);
  EXPECT_EQ(day.Lines()[2],
            "1,env-1,1,granted,2026-03-17T09:20:02Z,2026-03-17T09:20:02.5Z,gateway,1000,"
            "d9dddbafb23c30b7c05a10acf8f09c8554ea21a0163788fae97216862ae9b242,user,"
            "https://id.example.com,alice,,,,search,model_deployment,POST /serving/deploy_model,,model:llama-3@2,"
            "project:search-ml,,narrow,quota of the project,,,,,,gpu=4; memory=68719476736,,grant-1,,kserve,,gpu-n05,"
            ",,,,,,\r");
}

TEST(ExportRecords, CsvHasOneTitleForEachFieldAndNeutralisesFormulas) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "csv"}), 0) << day.err.str();
  const std::vector<std::string> lines = day.Lines();
  ASSERT_EQ(lines.size(), 6u);
  const auto commas = [](const std::string& line) { return std::count(line.begin(), line.end(), ','); };
  EXPECT_EQ(commas(lines[0]) + 1, static_cast<long>(RecordTitles().size()));
  for (const std::string& line : lines) {
    EXPECT_EQ(commas(line), commas(lines[0])) << line;
    EXPECT_EQ(line.back(), '\r');
  }
  EXPECT_NE(lines[5].find(",'=cmd(),"), std::string::npos);
  EXPECT_NE(lines[5].find("eve\\x1b[2J\\u{202e}"), std::string::npos);
  EXPECT_NE(day.err.str().find("5 rows. Complete as of 5 entries"), std::string::npos) << day.err.str();
}

TEST(ExportRecords, CsvOfEnvelopesIsThatOfQuery) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "csv", "--rows", "envelopes"}), 0);
  const std::string exported = day.out.str();
  day.out.str("");
  ASSERT_EQ(day.Run({"query", "--format", "csv", "--limit", "0"}), 0);
  EXPECT_EQ(exported, day.out.str());
}

TEST(ExportRecords, JsonlSaysItsCompletenessLast) {
  Day day;
  ASSERT_EQ(day.Run({"export", "--format", "jsonl", "--tenant", "search"}), 0);
  const std::vector<json> lines = day.Json();
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[1]["seq"], 1);
  EXPECT_EQ(lines[1]["revision"], 1);
  EXPECT_EQ(lines[1]["recorder"]["producer"], "gateway");
  EXPECT_EQ(lines[1]["transition"]["stage"], "granted");
  EXPECT_EQ(lines[5]["completeness"]["complete"], true);
  EXPECT_EQ(day.ledger->queries.front().tenant, "search");
}

// A producer's times may run backwards, so that what had not happened by a moment can lie in the middle.
TEST(ExportRecords, AsOfAMomentEachRecordHasTheHashOfItsOwnEntry) {
  World world;
  world.ledger->status.origin = FakeLedger::kOrigin;
  world.ledger->Append(Requested("env-1", User("alice"), kMorning));
  world.ledger->Append(GrantedGpus("env-1", "4", kMorning + 100 * kSecond));
  world.ledger->Append(Completed("env-1", kMorning + 50 * kSecond));
  ASSERT_EQ(world.Run({"export", "--format", "jsonl", "--at", FormatTime(kMorning + 60 * kSecond)}), 0)
      << world.err.str();
  std::vector<uint64_t> seqs;
  std::istringstream lines(world.out.str());
  for (std::string line; std::getline(lines, line);) {
    const json record = json::parse(line);
    if (record.contains("completeness")) continue;
    seqs.push_back(record["seq"]);
    EXPECT_EQ(record["leaf_hash"], Hex(View(LeafHash(world.ledger->log.at(seqs.back()))))) << line;
  }
  EXPECT_EQ(seqs, (std::vector<uint64_t>{0, 2}));
}

TEST(ExportRecords, EntriesAreTheWholeLogWithItsEventsAndItsRoot) {
  Day day;
  day.ledger->log.clear();
  day.ledger->log.emplace_back(day.ledger->genesis);
  day.ledger->genesis.clear();
  day.ledger->envelopes.clear();
  FillDay(*day.ledger);
  ASSERT_EQ(day.Run({"export", "--format", "jsonl", "--rows", "entries"}), 0) << day.err.str();
  const std::vector<json> lines = day.Json();
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[0]["event"]["event"], "genesis");
  EXPECT_EQ(lines[1]["transition"]["envelope_id"], "env-1");
  Frontier tree;
  for (const std::string& entry : day.ledger->log) tree.Append(LeafHash(entry));
  EXPECT_EQ(lines[6]["completeness"]["root"], Hex(View(tree.Root())));
  day.out.str("");
  ASSERT_EQ(day.Run({"export", "--format", "cloudevents", "--rows", "entries"}), 0) << day.err.str();
  EXPECT_EQ(day.Json()[0]["type"], "org.envledger.event.genesis");
}

TEST(ExportRecords, AnEntryInAnotherPlaceIsNotExported) {
  Day day;
  std::swap(day.ledger->log[1], day.ledger->log[2]);
  day.ledger->genesis.clear();
  EXPECT_EQ(day.Run({"export", "--format", "jsonl", "--rows", "entries"}), 1);
  EXPECT_NE(day.err.str().find("entry 1 says that it is 2"), std::string::npos) << day.err.str();
}

TEST(ExportRecords, AFileAppearsWholeOrNotAtAll) {
  Day day;
  TempDir directory;
  const std::string path = directory.path() + "/out.jsonl";
  ASSERT_EQ(day.Run({"export", "--format", "jsonl", "--output", path}), 0) << day.err.str();
  EXPECT_EQ(day.out.str(), "");
  const std::string whole = *ReadFile(path, 1 << 20);
  EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 6);
  day.ledger->envelopes[1].entries[0] = "no entry";
  EXPECT_EQ(day.Run({"export", "--format", "jsonl", "--output", path}), 1);
  EXPECT_EQ(*ReadFile(path, 1 << 20), whole);
  EXPECT_EQ(day.Run({"export", "--format", "jsonl", "--output", directory.path() + "/absent/x"}), 5);
}

TEST(ExportRecords, AHoleIsNamedAndExitsOne) {
  Day day;
  day.ledger->envelopes[0].entries.erase(day.ledger->envelopes[0].entries.begin() + 1);
  EXPECT_EQ(day.Run({"export", "--format", "ocsf"}), 1);
  EXPECT_NE(day.err.str().find("revision 1 is missing"), std::string::npos) << day.err.str();
}

TEST(ExportRecords, WhatDoesNotFitTheFormIsWrongUsage) {
  Day day;
  EXPECT_EQ(day.Run({"export"}), 2);
  EXPECT_EQ(day.Run({"export", "--tenant", "x", "dir"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "csv", "dir"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "csv", "--sign-now"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "ocsf", "--rows", "entries"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "jsonl", "--rows", "entries", "--tenant", "x"}), 2);
  EXPECT_EQ(day.Run({"export", "--format", "xml"}), 2);
  EXPECT_EQ(day.out.str(), "");
}

}  // namespace
}  // namespace envledger::cli
