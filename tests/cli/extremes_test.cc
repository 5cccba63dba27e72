// One record never spoils an answer about others. Beside envelopes of the largest and least amounts that there are,
// over all the time that has numbers, every command still tells of the others what it tells of them alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "ledger/files/file.h"
#include "tests/cli/fake_ledger.h"
#include "tests/support/temp_dir.h"

namespace envledger::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr Nanos kLastMoment = kMost - kSecond;  // the ledger's own time is a little later

Resource Milli(const std::string& name, int64_t amount) {
  Resource resource;
  resource.name = name;
  resource.amount = amount;
  return resource;
}

void AppendExtreme(FakeLedger& ledger, const std::string& id, int64_t amount) {
  Transition asked = Requested(id, User("extreme"), 0);
  asked.identity->tenant = "extreme";
  asked.requested = ResourceMap{Milli("bytes", amount)};
  asked.execution->deadline = kMost;
  ledger.Append(asked);
  Transition granted = GrantedGpus(id, "1", 0);
  granted.granted->resources = {Milli("bytes", amount), Milli("gpu", amount)};
  granted.granted->expires_at = kMost;
  ledger.Append(granted);
  Transition ended = Completed(id, kLastMoment);
  ended.outcome->usage = {Milli("bytes", amount)};
  ended.outcome->started_at = 0;
  ended.outcome->ended_at = kMost;
  ledger.Append(ended);
}

struct Days {
  Days() {
    for (World* world : {&plain, &mixed}) {
      world->context.now = [] { return kMorning + 3600 * kSecond; };
      world->ledger->status.origin = FakeLedger::kOrigin;
      FillDay(*world->ledger);
      world->ledger->Append(Requested("wide", User("dana")));
      world->ledger->Append(GrantedGpus("wide", "16"));
    }
    for (int i = 0; i < 4; ++i) AppendExtreme(*mixed.ledger, "most-" + std::to_string(i), kMost);
    for (int i = 0; i < 4; ++i) AppendExtreme(*mixed.ledger, "least-" + std::to_string(i), kLeast);
    // More than a report draws lanes for.
    for (int i = 0; i < 40; ++i)
      mixed.ledger->Append(Requested("late-" + std::to_string(i), User("late"), kLastMoment));
  }
  World plain;
  World mixed;
};

int RunFresh(World& world, const std::vector<std::string>& words) {
  world.out.str("");
  world.err.str("");
  return world.Run(words);
}

std::vector<json> Lines(const std::string& text) {
  std::vector<json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(Extremes, EveryCommandAnswersInEveryForm) {
  Days days;
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"query", "--limit", "0"},
                                             {"account"},
                                             {"account", "--by", "tenant,day"},
                                             {"account", "--by", "resource,day"},
                                             {"account", "--by", "envelope,resource"},
                                             {"account", "--resource", "bytes", "--held-until", "2262-04-11T23:47:16Z"},
                                             {"findings"},
                                             {"principals"},
                                             {"show", "most-0"},
                                             {"show", "least-0"},
                                             {"show", "late-0"}}) {
    for (const char* format : {"table", "json", "jsonl", "csv"}) {
      if (command[0] == "show" && std::string(format) == "csv") continue;
      std::vector<std::string> words = command;
      words.insert(words.end(), {"--format", format});
      EXPECT_EQ(RunFresh(days.mixed, words), 0) << testing::PrintToString(words) << days.mixed.err.str();
    }
  }
  for (const char* format : {"jsonl", "csv", "ocsf", "cloudevents"}) {
    EXPECT_EQ(RunFresh(days.mixed, {"export", "--format", format}), 0) << format << days.mixed.err.str();
  }
}

TEST(Extremes, QueriesAndFindingsTellOfTheOthersWhatTheyTellOfThemAlone) {
  Days days;
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"query", "--limit", "0"}, {"findings"}, {"account", "--by", "envelope"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(), {"--format", "jsonl"});
    ASSERT_EQ(RunFresh(days.plain, words), 0);
    ASSERT_EQ(RunFresh(days.mixed, words), 0);
    const std::vector<json> among = Lines(days.mixed.out.str());
    size_t compared = 0;
    for (const json& line : Lines(days.plain.out.str())) {
      const bool of_one =
          line.contains("envelope_id") ? !line["envelope_id"].is_null() : line.value("by", json()).is_object();
      if (!of_one) continue;  // of the whole answer
      EXPECT_THAT(among, testing::Contains(line)) << command[0];
      ++compared;
    }
    EXPECT_GT(compared, 0u) << command[0];
  }
}

TEST(Extremes, OnlyTheSumsThatLeaveTheRangeAreMarked) {
  Days days;
  ASSERT_EQ(RunFresh(days.mixed, {"account", "--by", "tenant,envelope,resource", "--format", "jsonl"}), 0);
  for (const json& row : Lines(days.mixed.out.str())) {
    if (!row.contains("by") || row["by"].is_null()) continue;
    for (const auto& [name, sums] : row["resources"].items()) {
      for (const auto& [which, sum] : sums.items()) EXPECT_TRUE(sum["unit_hours"].is_string()) << row;
    }
  }
  // Four of the largest and four of the least together are in range again; without the least they are not.
  World most;
  FillDay(*most.ledger);
  for (int i = 0; i < 4; ++i) AppendExtreme(*most.ledger, "most-" + std::to_string(i), kMost);
  ASSERT_EQ(RunFresh(most, {"account", "--by", "tenant", "--format", "jsonl"}), 0);
  int marked = 0;
  for (const json& row : Lines(most.out.str())) {
    if (!row.contains("by")) continue;
    const bool of_extreme = row["by"].is_null() || row["by"]["tenant"] == "extreme";
    for (const auto& [name, sums] : row["resources"].items()) {
      for (const auto& [which, sum] : sums.items()) {
        if (!sum["unit_hours"].is_null()) continue;
        EXPECT_TRUE(of_extreme) << row;
        ++marked;
      }
    }
  }
  // bytes: requested, granted and used; gpu: granted; in the row and in the total.
  EXPECT_EQ(marked, 8);
  ASSERT_EQ(RunFresh(most, {"account"}), 0);
  EXPECT_THAT(most.out.str(), HasSubstr("out of range"));
  ASSERT_EQ(RunFresh(most, {"account", "--tenant", "search"}), 0);
  EXPECT_THAT(most.out.str(), HasSubstr("gpu")) << "the others by themselves";
}

// A day in which nothing can be told of the first envelope: the ledger gives its second record first.
struct BeheadedDay : World {
  BeheadedDay() {
    FillDay(*ledger);
    ledger->genesis.clear();
    ledger->status.origin = FakeLedger::kOrigin;
    ledger->Append(Requested("wide", User("dana")));
    ledger->Append(GrantedGpus("wide", "16"));
    auto& entries = ledger->envelopes[0].entries;
    entries.erase(entries.begin());
  }
};

TEST(Damage, OfOneEnvelopeIsSaidAndTheOthersAreAnswered) {
  BeheadedDay day;
  const std::string broken = day.ledger->envelopes[0].envelope_id;
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"query"}, {"account", "--by", "envelope"}, {"findings"}}) {
    std::vector<std::string> words = command;
    words.insert(words.end(), {"--format", "jsonl"});
    EXPECT_EQ(RunFresh(day, words), 1) << command[0];
    EXPECT_THAT(day.out.str(), HasSubstr("\"wide\"")) << command[0];
    const json completeness = Lines(day.out.str()).back()["completeness"];
    EXPECT_EQ(completeness["complete"], false);
    EXPECT_THAT(completeness["problem"].get<std::string>(), HasSubstr(broken)) << command[0];
  }
  EXPECT_EQ(RunFresh(day, {"export", "--format", "jsonl", "--rows", "envelopes"}), 1);
  EXPECT_THAT(day.out.str(), HasSubstr("\"wide\""));
}

TEST(Damage, OfTheLedgersEventsLeavesFindingsOfEnvelopes) {
  World world;
  world.ledger->Append(Requested("wide", User("dana")));
  world.ledger->Append(GrantedGpus("wide", "16"));
  world.ledger->spoil_events = [](EventsResponse& response) { response.entries = {"no entry"}; };
  for (const char* format : {"table", "json", "jsonl"}) {
    EXPECT_EQ(RunFresh(world, {"findings", "--format", format}), 1) << format;
    EXPECT_THAT(world.out.str(), HasSubstr("widened_grant")) << format;
    EXPECT_THAT(world.err.str(), HasSubstr("the answer is incomplete")) << format;
  }
}

TEST(Damage, OfOneEnvelopeDoesNotEndFollow) {
  BeheadedDay day;
  const std::string broken = day.ledger->envelopes[0].envelope_id;
  // From behind its request on, so that the rest of it has to be asked for.
  EXPECT_EQ(RunFresh(day, {"follow", "--data-dir", "d", "--from", "1", "--stage", "granted", "--format", "jsonl"}), 1);
  std::vector<std::string> printed;
  for (const json& line : Lines(day.out.str())) {
    if (line["envelope_id"] != broken)
      printed.push_back(line["envelope_id"].get<std::string>() + " " + line["stage"].get<std::string>());
  }
  EXPECT_THAT(printed, testing::ElementsAre("wide granted"));
  EXPECT_THAT(day.err.str(), HasSubstr("the filters cannot be applied to it"));
  EXPECT_THAT(day.err.str(), HasSubstr("to continue, use --from 7"));
}

TEST(Extremes, AReportIsMadeOfThemAndHolds) {
  Days days;
  TempDir directory;
  const std::string path = directory.path() + "/report.html";
  for (World* world : {&days.plain, &days.mixed}) {
    world->ledger->true_root = true;
    world->ledger->Sign();
    ASSERT_EQ(RunFresh(*world, {"report", "--output", path, "--limit", "0"}), 0) << world->err.str();
    EXPECT_EQ(RunFresh(*world, {"report", "verify", path, "--vkey", FormatVerifierKey(FakeLedger::key())}), 0)
        << world->err.str();
  }
  const std::string page = *ReadFile(path, 1 << 26);
  EXPECT_THAT(page, HasSubstr("2262-04-11 23:47:16")) << "where the time line ends";
  EXPECT_THAT(page, Not(HasSubstr("1677-")));
  World most;
  for (int i = 0; i < 4; ++i) AppendExtreme(*most.ledger, "most-" + std::to_string(i), kMost);
  most.ledger->true_root = true;
  most.ledger->Sign();
  ASSERT_EQ(RunFresh(most, {"report", "--output", path}), 0) << most.err.str();
  EXPECT_THAT(*ReadFile(path, 1 << 26), HasSubstr("time held: too large to add up"));
  EXPECT_EQ(RunFresh(most, {"report", "verify", path, "--vkey", FormatVerifierKey(FakeLedger::key())}), 0);
}

}  // namespace
}  // namespace envledger::cli
