#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/fake_ledger.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(FindingsCommand, JsonlHasAFindingALineWithItsEvidenceAndTheCompletenessLast) {
  World world;
  world.ledger->Append(Requested("env-1", User("alice")));
  world.ledger->Append(GrantedGpus("env-1", "16"));
  ASSERT_EQ(world.Run({"findings", "--format", "jsonl"}), 0) << world.err.str();
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), 3u) << world.out.str();
  EXPECT_EQ(lines[0]["finding"], "widened_grant");
  EXPECT_EQ(lines[0]["severity"], "warning");
  EXPECT_EQ(lines[0]["envelope_id"], "env-1");
  EXPECT_EQ(lines[0]["principal"]["id"], "alice");
  EXPECT_EQ(lines[0]["seqs"], (json{0, 1}));
  EXPECT_EQ(lines[0]["text"], "granted more than requested: gpu 16 for 8");
  EXPECT_EQ(lines[0].size(), 7u);
  EXPECT_EQ(lines[1]["finding"], "new_recorder");
  EXPECT_EQ(lines[1]["envelope_id"], nullptr);
  EXPECT_EQ(lines[2]["completeness"]["complete"], true);
}

TEST(FindingsCommand, OnlyTheKindsAskedForAndALimitThatIsSaid) {
  World world;
  for (const char* id : {"env-1", "env-2", "env-3"}) {
    world.ledger->Append(Requested(id, User("alice")));
    world.ledger->Append(GrantedGpus(id, "16"));
  }
  ASSERT_EQ(world.Run({"findings", "--finding", "widened_grant", "--limit", "2", "--format", "csv"}), 0);
  EXPECT_THAT(world.err.str(), HasSubstr("printed 2 of 3 findings"));
  EXPECT_THAT(world.out.str(), Not(HasSubstr("new_recorder")));
  EXPECT_THAT(world.out.str(), Not(HasSubstr("env-3")));
  World wrong;
  EXPECT_EQ(wrong.Run({"findings", "--finding", "widened"}), 2);
  EXPECT_EQ(wrong.Run({"findings", "--max-skew", "soon"}), 2);
}

TEST(FindingsCommand, OfASeverityOrGraverAndCountedByKind) {
  World world;
  world.ledger->Append(Requested("env-1", User("alice")));
  Transition granted = GrantedGpus("env-1", "16");
  granted.decision->decider = User("alice");
  granted.decision->effect = Effect::kAllow;
  world.ledger->Append(granted);
  ASSERT_EQ(world.Run({"findings"}), 0) << world.err.str();
  EXPECT_THAT(world.out.str(), HasSubstr("3 findings (alert: self_approval 1; warning: widened_grant 1; notice: "
                                         "new_recorder 1) in 1 envelope."));
  ASSERT_EQ(world.Run({"findings", "--severity", "warning"}), 0);
  EXPECT_THAT(world.out.str(), HasSubstr("2 findings (alert: self_approval 1; warning: widened_grant 1) in 1"));
  world.out.str("");
  ASSERT_EQ(world.Run({"findings", "--severity", "alert", "--format", "jsonl"}), 0);
  EXPECT_EQ(Lines(world.out.str()).size(), 2u) << world.out.str();
  EXPECT_EQ(world.Run({"findings", "--severity", "grave"}), 2);
  EXPECT_THAT(world.err.str(), HasSubstr("--severity is notice, warning or alert, not \"grave\""));
}

// What was open, and past its deadline, is judged as of the moment asked about, not as of today.
TEST(FindingsCommand, AsOfAMomentTimeStandsStill) {
  World world;
  Transition requested = Requested("env-1", User("alice"));
  requested.execution->deadline = kMorning + 3600 * kSecond;
  world.ledger->Append(requested);
  const auto past_deadline = [&](Nanos at) {
    world.out.str("");
    EXPECT_EQ(world.Run({"findings", "--finding", "open_past_deadline", "--at", FormatTime(at), "--format", "jsonl"}),
              0)
        << world.err.str();
    return Lines(world.out.str()).size() - 1;
  };
  EXPECT_EQ(past_deadline(kMorning + 3599 * kSecond), 0u);
  EXPECT_EQ(past_deadline(kMorning + 3601 * kSecond), 1u);
}

TEST(AccountCommand, AsOfAMomentWhatIsOpenIsHeldUntilThen) {
  World world;
  world.ledger->Append(Requested("env-1", User("alice")));
  world.ledger->Append(GrantedGpus("env-1", "4", kMorning));
  const auto hours = [&](const std::vector<std::string>& more) {
    world.out.str("");
    std::vector<std::string> words = {
        "account", "--resource", "gpu", "--format", "jsonl", "--at", FormatTime(kMorning + 7200 * kSecond)};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(world.Run(words), 0) << world.err.str();
    return Lines(world.out.str()).at(0)["resources"]["gpu"]["granted"]["unit_hours"].get<std::string>();
  };
  EXPECT_EQ(hours({}), "8");
  EXPECT_EQ(hours({"--held-until", FormatTime(kMorning + 3600 * kSecond)}), "4");
}

TEST(FindingsCommand, WhatProducersWroteCannotDeceiveTheTerminal) {
  World world;
  Transition requested = Requested("env-1", User("eve\x1b[2J\u202e"));
  world.ledger->Append(requested);
  Transition granted = GrantedGpus("env-1", "8");
  granted.granted->scopes = {"\x1b]0;x\x07"};
  world.ledger->Append(granted);
  ASSERT_EQ(world.Run({"findings"}), 0);
  EXPECT_THAT(world.out.str(), HasSubstr("scope_not_requested"));
  EXPECT_THAT(world.out.str(), Not(HasSubstr("\x1b")));
  EXPECT_THAT(world.out.str(), Not(HasSubstr("\u202e")));
}

TEST(AccountCommand, AddsUpByTenantAndDayWithHours) {
  World world;
  world.ledger->Append(Requested("env-1", User("alice")));
  world.ledger->Append(GrantedGpus("env-1", "4", kMorning));
  world.ledger->Append(Completed("env-1", kMorning + 7200 * kSecond));
  world.ledger->Append(Requested("env-2", User("bob")));
  ASSERT_EQ(world.Run({"account", "--by", "tenant,day", "--resource", "gpu", "--format", "jsonl"}), 0)
      << world.err.str();
  const std::vector<json> lines = Lines(world.out.str());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["by"], (json{{"tenant", "search"}, {"day", "2026-03-17"}}));
  EXPECT_EQ(lines[0]["envelopes"], 2);
  EXPECT_EQ(lines[0]["open"], 1);
  const json gpu = lines[0]["resources"]["gpu"];
  EXPECT_EQ(gpu["requested"], (json{{"amount", "16"}, {"unit_hours", "16"}, {"amounts", 2}}));
  EXPECT_EQ(gpu["granted"], (json{{"amount", "4"}, {"unit_hours", "8"}, {"amounts", 1}}));
  EXPECT_EQ(gpu["used"], (json{{"amount", "4"}, {"unit_hours", "8"}, {"amounts", 1}}));
  EXPECT_EQ(lines[0]["resources"].size(), 1u);
  EXPECT_EQ(lines[1]["by"], nullptr) << "the total";
  EXPECT_EQ(lines[1]["resources"], lines[0]["resources"]);
  EXPECT_EQ(lines[2]["completeness"]["complete"], true);
}

TEST(AccountCommand, TheTableHasATotalAndTheCsvHasNone) {
  World table;
  FillDay(*table.ledger);
  ASSERT_EQ(table.Run({"account"}), 0) << table.err.str();
  EXPECT_THAT(table.out.str(), HasSubstr("TOTAL"));
  EXPECT_THAT(table.out.str(), HasSubstr("64Gi"));
  World csv;
  FillDay(*csv.ledger);
  ASSERT_EQ(csv.Run({"account", "--by", "principal,resource", "--format", "csv"}), 0);
  EXPECT_THAT(csv.out.str(), HasSubstr("principal_kind,principal_issuer,principal_id,resource,envelopes,open,requested,"
                                       "granted,used,requested_unit_hours,granted_unit_hours,used_unit_hours,"));
  EXPECT_THAT(csv.out.str(), Not(HasSubstr("TOTAL")));
  EXPECT_EQ(csv.Run({"account", "--by", "nothing"}), 2);
  EXPECT_EQ(csv.Run({"account", "--by", "tenant,tenant"}), 2);
}

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
