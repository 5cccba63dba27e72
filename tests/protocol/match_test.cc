#include "ledger/protocol/match.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/transitions.h"

namespace envledger {
namespace {

constexpr Nanos kNoon = 1'773'748'800 * kSecond;

Record RecordOf(Transition transition, uint64_t seq, uint64_t revision) {
  Record record;
  record.seq = seq;
  record.revision = revision;
  record.recorded_at = kNoon + static_cast<Nanos>(10 * seq) * kSecond;
  record.recorder.producer = "gateway";
  transition.occurred_at = kNoon + static_cast<Nanos>(seq) * kSecond;
  record.transition = std::move(transition);
  return record;
}

// Asked by alice for carol through an agent, admitted by dana, granted less than was asked for, and completed: the
// entries 5, 8, 9 and 12.
std::vector<Record> Story() {
  Transition asked = Opening("env-1", User("alice"));
  asked.identity->subject = User("carol");
  asked.identity->tenant = "research";
  asked.identity->delegation.resize(1);
  asked.identity->delegation[0].actor = Service("agent");
  asked.execution->kind = ExecutionKind::kTraining;
  asked.execution->targets = {{.type = "model", .id = "llama", .version = "", .digest = ""}};
  asked.execution->parent_envelope_id = "env-0";
  asked.scope->kind = "project";
  asked.scope->id = "vision";
  asked.requested = ResourceMap{Amount("gpu", 8000)};
  asked.correlation = Correlation{};
  asked.correlation->request_id = "req-1";
  asked.correlation->traceparent = "00-48c40d7fbfc484f0392c825688c31113-be0c31b5b2f76b33-01";
  Transition admitted = Later(Stage::kAdmitted, "env-1");
  admitted.decision->decider = User("dana");
  Transition granted = Grant("env-1", {Amount("gpu", 4000)});
  granted.routing = Routing{};
  granted.routing->node = "node-1";
  granted.routing->target_ref = "job/7";
  granted.routing->native_ids = {{"pod", "pod-7"}};
  granted.routing->placements = {{"node-2", {}}};
  std::vector<Record> records = {RecordOf(asked, 5, 0), RecordOf(admitted, 8, 1), RecordOf(granted, 9, 2),
                                 RecordOf(Later(Stage::kCompleted, "env-1"), 12, 3)};
  records[2].recorder.producer = "scheduler";
  return records;
}

PrincipalFilter Named(const std::string& id, RoleMask roles = 0) {
  PrincipalFilter filter;
  filter.id = id;
  filter.roles = roles;
  return filter;
}

using Ask = std::function<void(QueryRequest&)>;

std::optional<RoleMask> Verdict(const Ask& ask, const std::vector<Record>& records) {
  QueryRequest query;
  ask(query);
  return Matcher(query).Judge(records);
}

// What matches, and the same filter with another value, which does not.
TEST(Match, EachFilterTellsWhatMatchesFromWhatDoesNot) {
  const std::vector<std::pair<Ask, Ask>> cases = {
      {[](auto& q) { q.tenant = "research"; }, [](auto& q) { q.tenant = "sales"; }},
      {[](auto& q) { q.kind = ExecutionKind::kTraining; }, [](auto& q) { q.kind = ExecutionKind::kInference; }},
      {[](auto& q) { q.target = "llama"; }, [](auto& q) { q.target = "model"; }},
      {[](auto& q) { q.target = "model:llama"; }, [](auto& q) { q.target = "dataset:llama"; }},
      {[](auto& q) { q.scope = "vision"; }, [](auto& q) { q.scope = "project"; }},
      {[](auto& q) { q.scope = "project:vision"; }, [](auto& q) { q.scope = "team:vision"; }},
      {[](auto& q) { q.parent = "env-0"; }, [](auto& q) { q.parent = "env-1"; }},
      {[](auto& q) { q.request_id = "req-1"; }, [](auto& q) { q.request_id = "req"; }},
      {[](auto& q) { q.trace_id = "48c40d7fbfc484f0392c825688c31113"; },
       [](auto& q) { q.trace_id = "48c40d7fbfc484f0392c825688c31114"; }},
      {[](auto& q) {
         q.stages = {Stage::kDenied, Stage::kCompleted};
       },
       [](auto& q) { q.stages = {Stage::kGranted}; }},
      {[](auto& q) { q.recorder = "scheduler"; }, [](auto& q) { q.recorder = "operator"; }},
      {[](auto& q) { q.native_id = "pod-7"; }, [](auto& q) { q.native_id = "pod"; }},
      {[](auto& q) { q.native_id = "job/7"; }, [](auto& q) { q.native_id = "job/8"; }},
      {[](auto& q) { q.node = "node-1"; }, [](auto& q) { q.node = "node"; }},
      {[](auto& q) { q.node = "node-2"; }, [](auto& q) { q.node = "node-3"; }},
      {[](auto& q) { q.since = kNoon + 5 * kSecond; }, [](auto& q) { q.since = kNoon + 5 * kSecond + 1; }},
      {[](auto& q) { q.until = kNoon + 5 * kSecond + 1; }, [](auto& q) { q.until = kNoon + 5 * kSecond; }},
      {[](auto& q) { q.at = kNoon + 5 * kSecond; }, [](auto& q) { q.at = kNoon + 5 * kSecond - 1; }},
      {[](auto& q) { q.recorded_since = kNoon + 50 * kSecond; },
       [](auto& q) { q.recorded_since = kNoon + 50 * kSecond + 1; }},
      {[](auto& q) { q.recorded_until = kNoon + 50 * kSecond + 1; },
       [](auto& q) { q.recorded_until = kNoon + 50 * kSecond; }},
      {[](auto& q) { q.relations = {Relation::kNarrowed}; }, [](auto& q) { q.relations = {Relation::kWidened}; }},
      {[](auto& q) { q.principal = Named("alice"); }, [](auto& q) { q.principal = Named("bob"); }},
      {[](auto& q) { q.principal = Named("dana", kDecider); },
       [](auto& q) { q.principal = Named("dana", kRequester); }},
  };
  const std::vector<Record> story = Story();
  for (size_t i = 0; i < cases.size(); ++i) {
    EXPECT_TRUE(Verdict(cases[i].first, story).has_value()) << "case " << i;
    EXPECT_FALSE(Verdict(cases[i].second, story).has_value()) << "case " << i;
  }
}

TEST(Match, FiltersWithoutAValueAskOfTheStateOfTheEnvelope) {
  const Ask open = [](auto& q) { q.open = true; };
  const Ask narrowed = [](auto& q) { q.narrowed = true; };
  const Ask delegated = [](auto& q) { q.delegated = true; };
  std::vector<Record> story = Story();
  EXPECT_FALSE(Verdict(open, story).has_value());
  EXPECT_TRUE(Verdict(narrowed, story).has_value());
  EXPECT_TRUE(Verdict(delegated, story).has_value());
  story.pop_back();
  EXPECT_TRUE(Verdict(open, story).has_value());
  story.back().transition.granted->resources = {Amount("gpu", 8000)};
  EXPECT_FALSE(Verdict(narrowed, story).has_value());
  story.front().transition.identity->delegation.clear();
  EXPECT_FALSE(Verdict(delegated, story).has_value());
}

TEST(Match, OfAMomentCountsWhatHadOccurredByThen) {
  const auto at = [](int second, const Ask& ask) {
    return Verdict(
        [&](auto& q) {
          q.at = kNoon + second * kSecond;
          ask(q);
        },
        Story());
  };
  const Ask granted = [](auto& q) { q.stages = {Stage::kGranted}; };
  EXPECT_FALSE(at(8, granted).has_value());
  EXPECT_TRUE(at(9, granted).has_value());
  EXPECT_TRUE(at(11, granted).has_value());
  EXPECT_FALSE(at(12, granted).has_value());
  const Ask by_dana = [](auto& q) { q.principal = Named("dana"); };
  EXPECT_FALSE(at(7, by_dana).has_value());
  EXPECT_TRUE(at(8, by_dana).has_value());
}

TEST(Match, GivesTheRolesOfThePrincipal) {
  const auto roles = [](const std::string& id) { return Verdict([&](auto& q) { q.principal = Named(id); }, Story()); };
  EXPECT_EQ(roles("alice"), kRequester);
  EXPECT_EQ(roles("carol"), kSubject);
  EXPECT_EQ(roles("agent"), kDelegate);
  EXPECT_EQ(roles("dana"), kDecider);
  EXPECT_EQ(Verdict([](auto&) {}, Story()), RoleMask{0}) << "nobody was asked for";
  EXPECT_EQ(Verdict([](auto&) {}, {}), std::nullopt) << "there is no envelope";
}

TEST(Match, TheFilterDecidesWhichRecordGivesThePlace) {
  const auto place = [](const Ask& ask) {
    QueryRequest query;
    ask(query);
    return Matcher(query).PlaceOf(Story());
  };
  EXPECT_EQ(place([](auto&) {}), 5u);
  EXPECT_EQ(place([](auto& q) { q.principal = Named("dana"); }), 8u);
  EXPECT_EQ(place([](auto& q) { q.native_id = "pod-7"; }), 9u);
  EXPECT_EQ(place([](auto& q) { q.node = "node-2"; }), 9u);
  EXPECT_EQ(place([](auto& q) { q.recorder = "scheduler"; }), 9u);
  EXPECT_EQ(place([](auto& q) {
              q.recorder = "scheduler";
              q.tenant = "research";
            }),
            5u)
      << "the tenant is stated by the first record";
  EXPECT_EQ(place([](auto& q) { q.principal = Named("bob"); }), std::nullopt);
}

TEST(Match, TheFirstRecordAloneRulesOutWhatNoLaterOneCanChange) {
  QueryRequest query;
  query.tenant = "sales";
  const Matcher matcher(query);
  EnvelopeJudge judge(matcher);
  judge.Add(Story().front());
  EXPECT_TRUE(judge.ruled_out());
  query.tenant = "research";
  query.stages = {Stage::kCompleted};
  EnvelopeJudge other(matcher);
  for (const Record& record : Story()) {
    EXPECT_FALSE(other.Verdict().has_value());
    other.Add(record);
    EXPECT_FALSE(other.ruled_out()) << "a later record may change the stage";
  }
  EXPECT_TRUE(other.Verdict().has_value());
  EXPECT_EQ(other.records(), 4u);
}

TEST(Match, HoldsTheRequestedResourcesOnlyWhereTheyAreCompared) {
  Record asked = Story().front();
  asked.transition.requested = ResourceMap{Amount(std::string(10'000, 'x'), 1)};
  QueryRequest query;
  const Matcher matcher(query);
  EnvelopeJudge plain(matcher);
  plain.Add(asked);
  EXPECT_LT(plain.MemoryBytes(), 1000u);
  query.narrowed = true;
  EnvelopeJudge comparing(matcher);
  comparing.Add(asked);
  EXPECT_GT(comparing.MemoryBytes(), 10'000u);
}

}  // namespace
}  // namespace envledger
