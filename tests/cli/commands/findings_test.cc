#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_ledger.h"
#include "tests/cli/json_lines.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

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

}  // namespace
}  // namespace envledger::cli
