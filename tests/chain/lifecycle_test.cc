#include "ledger/chain/lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace envledger {
namespace {

using ::testing::HasSubstr;

// The design's table, as text. Y*: only if the envelope was admitted earlier, or the record carries an allow or a
// narrow.
constexpr char kTable[] = R"(
| from \ to | deferred | admitted | denied | rejected | granted | started | suspended | completed | failed | cancelled | revoked | expired | lost |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
| requested | Y | Y | Y | Y | Y* | - | - | - | Y | Y | - | Y | Y |
| deferred  | Y | Y | Y | Y | Y* | - | - | - | Y | Y | Y | Y | Y |
| admitted  | Y | Y | Y | Y | Y | - | - | - | Y | Y | Y | Y | Y |
| granted   | Y | - | - | Y | Y | Y | Y | Y | Y | Y | Y | Y | Y |
| started   | - | - | - | - | Y | Y | Y | Y | Y | Y | Y | Y | Y |
| suspended | Y | - | - | - | Y | Y | - | - | Y | Y | Y | Y | Y |
)";

const std::vector<std::string> kStageNames = {"requested", "deferred", "admitted",  "denied",    "rejected",
                                              "granted",   "started",  "suspended", "completed", "failed",
                                              "cancelled", "revoked",  "expired",   "lost",      "annotated"};

std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  std::string cell;
  for (std::getline(stream, cell, '|'); std::getline(stream, cell, '|');) {
    const size_t begin = cell.find_first_not_of(' ');
    cells.push_back(begin == cell.npos ? "" : cell.substr(begin, cell.find_last_not_of(' ') + 1 - begin));
  }
  return cells;
}

// (from, to) -> "Y", "Y*" or "-".
const std::map<std::pair<std::string, std::string>, std::string>& Table() {
  static const auto table = [] {
    std::map<std::pair<std::string, std::string>, std::string> result;
    std::istringstream lines(kTable);
    std::string line;
    std::vector<std::string> head;
    while (std::getline(lines, line)) {
      const std::vector<std::string> cells = Cells(line);
      if (cells.empty() || cells[0].starts_with("---")) continue;
      if (head.empty()) {
        head = cells;
        continue;
      }
      for (size_t i = 1; i < cells.size(); ++i) result[{cells[0], head[i]}] = cells[i];
    }
    return result;
  }();
  return table;
}

// One record as the oracle sees it.
struct Step {
  std::string stage;
  bool allows = false;          // it carries a decision to allow or narrow
  bool binding_failed = false;  // of its scope or of a delegation hop
};

// The rule that `next` breaks after `history`, or "": straight from the words of the design, over the whole history.
std::string BrokenRule(const std::vector<Step>& history, const Step& next) {
  if (history.empty()) return next.stage == "requested" ? "" : "first-is-requested";
  if (next.stage == "requested") return "requested-once";
  if (next.stage == "annotated") return "";
  std::string now;
  bool allowed = next.allows;
  bool binding_failed = false;
  for (const Step& step : history) {
    if (step.stage != "annotated") now = step.stage;
    if (step.stage == "admitted" || step.stage == "granted") allowed = true;
    if (step.binding_failed) binding_failed = true;
  }
  const std::set<std::string> terminal = {"denied",    "rejected", "completed", "failed",
                                          "cancelled", "revoked",  "expired",   "lost"};
  if (terminal.contains(now)) return "terminal-absorbs";
  const std::string& cell = Table().at({now, next.stage});
  if (cell == "-") return "legal-move";
  if (cell == "Y*" && !allowed) return "grant-needs-allow";
  if (binding_failed && (next.stage == "admitted" || next.stage == "granted")) return "binding-failed";
  return "";
}

Stage StageNamed(const std::string& name) {
  const std::optional<Stage> stage = ParseName<Stage>(name);
  EXPECT_TRUE(stage.has_value()) << name;
  return stage.value_or(Stage::kUnspecified);
}

TransitionFacts FactsFor(const std::string& stage, Effect effect = Effect::kUnspecified, bool binding_failed = false) {
  TransitionFacts facts;
  facts.envelope_id = "e";
  facts.stage = StageNamed(stage);
  facts.effect = effect;
  facts.binding_failed = binding_failed;
  return facts;
}

Step StepOf(const TransitionFacts& facts) {
  return {std::string(Name(facts.stage)), facts.effect == Effect::kAllow || facts.effect == Effect::kNarrow,
          facts.binding_failed};
}

constexpr Effect kEffects[] = {Effect::kUnspecified, Effect::kAllow, Effect::kDeny,
                               Effect::kNarrow,      Effect::kDefer, Effect::kEscalate};

std::vector<TransitionFacts> AllFacts() {
  std::vector<TransitionFacts> all;
  for (const std::string& stage : kStageNames) {
    for (const Effect effect : kEffects) {
      all.push_back(FactsFor(stage, effect));
      if (stage == "requested") all.push_back(FactsFor(stage, effect, true));
    }
  }
  return all;
}

LifecycleState After(const std::vector<TransitionFacts>& records) {
  LifecycleState state;
  for (const TransitionFacts& facts : records) {
    const Status status = CheckMove(state, facts);
    EXPECT_TRUE(status.ok()) << status.ToString();
    state = Advance(state, facts);
  }
  return state;
}

TEST(LifecycleTest, TheTableOfMovesIsTheDesigns) {
  ASSERT_EQ(Table().size(), 6u * 13u);
  for (const std::string& from : kStageNames) {
    for (const std::string& to : kStageNames) {
      const auto cell = Table().find({from, to});
      const bool in_table = cell != Table().end() && cell->second != "-";
      const bool is_note = to == "annotated" && from != "annotated";
      EXPECT_EQ(IsLegalMove(StageNamed(from), StageNamed(to)), in_table || is_note) << from << " -> " << to;
    }
    EXPECT_EQ(IsLegalMove(Stage::kUnspecified, StageNamed(from)), from == "requested") << from;
    EXPECT_FALSE(IsLegalMove(StageNamed(from), Stage::kUnspecified)) << from;
  }
}

TEST(LifecycleTest, ValuesThatAreNoStageAreNeverLegal) {
  for (const int value : {16, 17, 31, 32, 255}) {
    const auto stage = static_cast<Stage>(value);
    EXPECT_FALSE(IsLegalMove(Stage::kRequested, stage)) << value;
    EXPECT_FALSE(IsLegalMove(stage, Stage::kAnnotated)) << value;
    TransitionFacts facts;
    facts.stage = stage;
    EXPECT_EQ(CheckMove(After({FactsFor("requested")}), facts).rule(), kRuleLegalMove);
  }
  EXPECT_EQ(CheckMove({}, TransitionFacts{}).rule(), kRuleFirstIsRequested);
}

TEST(LifecycleTest, EveryReachableStateMeetsEveryRecordAsTheDesignSays) {
  using Key = std::tuple<Stage, bool, bool>;
  std::map<Key, std::vector<TransitionFacts>> witnesses;  // how a state is reached
  std::vector<Key> pending;
  const auto reach = [&](const std::vector<TransitionFacts>& history) {
    const LifecycleState state = After(history);
    const Key key{state.stage, state.allowed, state.binding_failed};
    if (witnesses.try_emplace(key, history).second) pending.push_back(key);
  };
  reach({});
  while (!pending.empty()) {
    const std::vector<TransitionFacts> history = witnesses.at(pending.back());
    pending.pop_back();
    std::vector<Step> steps;
    for (const TransitionFacts& facts : history) steps.push_back(StepOf(facts));
    const LifecycleState state = After(history);
    for (const TransitionFacts& next : AllFacts()) {
      const Status status = CheckMove(state, next);
      ASSERT_EQ(status.rule(), BrokenRule(steps, StepOf(next)))
          << Name(state.stage) << " -> " << Name(next.stage) << " with " << Name(next.effect);
      ASSERT_EQ(status.code(), status.rule().empty() ? Code::kOk : Code::kConflict);
      if (!status.ok()) continue;
      std::vector<TransitionFacts> longer = history;
      longer.push_back(next);
      reach(longer);
    }
  }
  std::set<Stage> stages;
  for (const auto& [key, history] : witnesses) stages.insert(std::get<0>(key));
  EXPECT_EQ(stages.size(), 15u) << "every stage but annotated, and none";
  EXPECT_FALSE(witnesses.contains({Stage::kAdmitted, true, true}));
  EXPECT_FALSE(witnesses.contains({Stage::kGranted, true, true}));
  EXPECT_FALSE(witnesses.contains({Stage::kGranted, false, false}));
}

TEST(LifecycleTest, RandomWalksAgreeWithTheDesignAtEveryStep) {
  const std::vector<TransitionFacts> all = AllFacts();
  std::mt19937 random(20260317);
  size_t accepted = 0;
  for (int walk = 0; walk < 2000; ++walk) {
    std::vector<Step> history;
    LifecycleState state;
    uint64_t grants = 0;
    for (int i = 0; i < 40; ++i) {
      // Half of the first records are requested, or most walks would never begin.
      const bool begin = history.empty() && random() % 2 == 0;
      const TransitionFacts facts =
          begin ? FactsFor("requested", Effect::kUnspecified, random() % 4 == 0) : all[random() % all.size()];
      if (IsTerminal(facts.stage) && random() % 8 != 0) continue;  // or most walks would end at once
      const Status status = CheckMove(state, facts);
      ASSERT_EQ(status.rule(), BrokenRule(history, StepOf(facts))) << "walk " << walk << ", step " << i;
      if (!status.ok()) continue;
      state = Advance(state, facts);
      history.push_back(StepOf(facts));
      if (facts.stage == Stage::kGranted) ++grants;
      ++accepted;
      ASSERT_EQ(state.revisions, history.size());
      ASSERT_EQ(state.grants, grants);
    }
  }
  EXPECT_GT(accepted, 10'000u);
}

TEST(LifecycleTest, AdvanceKeepsWhereTheEnvelopeStands) {
  LifecycleState state = After({FactsFor("requested"), FactsFor("granted", Effect::kNarrow), FactsFor("annotated"),
                                FactsFor("granted"), FactsFor("started")});
  EXPECT_EQ(state.stage, Stage::kStarted);
  EXPECT_EQ(state.revisions, 5u);
  EXPECT_EQ(state.grants, 2u);
  EXPECT_TRUE(state.allowed);
  EXPECT_FALSE(state.binding_failed);
  state = After({FactsFor("requested", Effect::kUnspecified, true), FactsFor("deferred"), FactsFor("annotated")});
  EXPECT_EQ(state.stage, Stage::kDeferred);
  EXPECT_FALSE(state.allowed);
  EXPECT_TRUE(state.binding_failed);
}

TEST(LifecycleTest, AnEnvelopeAdmittedOnceMayBeGrantedAgainAfterWaiting) {
  EXPECT_TRUE(CheckMove(After({FactsFor("requested"), FactsFor("admitted", Effect::kAllow), FactsFor("deferred")}),
                        FactsFor("granted"))
                  .ok());
  EXPECT_TRUE(CheckMove(After({FactsFor("requested"), FactsFor("granted", Effect::kAllow), FactsFor("deferred")}),
                        FactsFor("granted"))
                  .ok());
  // A decision that came with a deferral is no admission.
  EXPECT_EQ(CheckMove(After({FactsFor("requested"), FactsFor("deferred", Effect::kAllow)}), FactsFor("granted")).rule(),
            kRuleGrantNeedsAllow);
}

TEST(LifecycleTest, ARefusalNamesItsRuleAndBothStages) {
  const auto message = [](const std::vector<TransitionFacts>& history, const TransitionFacts& next) {
    return CheckMove(After(history), next).ToString();
  };
  EXPECT_EQ(message({}, FactsFor("granted")),
            "conflict (first-is-requested): the first record of an envelope is requested, not granted");
  EXPECT_EQ(message({FactsFor("requested"), FactsFor("deferred")}, FactsFor("requested")),
            "conflict (requested-once): requested cannot follow deferred: an envelope is requested once");
  EXPECT_EQ(message({FactsFor("requested"), FactsFor("lost"), FactsFor("annotated")}, FactsFor("started")),
            "conflict (terminal-absorbs): started cannot follow lost: only annotated may follow a terminal stage");
  EXPECT_EQ(message({FactsFor("requested"), FactsFor("granted", Effect::kAllow)}, FactsFor("denied")),
            "conflict (legal-move): denied cannot follow granted: the stages that may follow are deferred, rejected, "
            "granted, started, suspended, completed, failed, cancelled, revoked, expired, lost, annotated");
  EXPECT_THAT(message({FactsFor("requested")}, FactsFor("granted", Effect::kDeny)),
              HasSubstr("conflict (grant-needs-allow): granted cannot follow requested: "));
  EXPECT_THAT(message({FactsFor("requested", Effect::kUnspecified, true)}, FactsFor("admitted", Effect::kAllow)),
              HasSubstr("conflict (binding-failed): admitted cannot follow requested: "));
}

}  // namespace
}  // namespace envledger
