// What a transition must and may hold. The tables here are written from the format's description, not from the code.
#include <gmock/gmock.h>

#include <functional>
#include <map>

#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "tests/codec/refusal.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

using testing::HasSubstr;

constexpr Stage kRequest = Stage::kRequested;

// --- families ---

// stage -> families: M mandatory, o allowed.
const std::map<Stage, std::map<std::string, char>>& FamilyTable() {
  static const std::map<Stage, std::map<std::string, char>> table = {
      {Stage::kRequested,
       {{"identity", 'M'}, {"execution", 'M'}, {"scope", 'M'}, {"requested", 'M'}, {"correlation", 'o'}}},
      {Stage::kDeferred, {{"reason", 'M'}, {"decision", 'o'}}},
      {Stage::kAdmitted, {{"decision", 'M'}}},
      {Stage::kDenied, {{"decision", 'M'}}},
      {Stage::kRejected, {{"outcome", 'M'}}},
      {Stage::kGranted, {{"granted", 'M'}, {"routing", 'o'}, {"decision", 'o'}}},
      {Stage::kStarted, {{"routing", 'o'}}},
      {Stage::kSuspended, {{"reason", 'M'}, {"decision", 'o'}}},
      {Stage::kCompleted, {{"outcome", 'o'}}},
      {Stage::kFailed, {{"outcome", 'M'}}},
      {Stage::kCancelled, {{"decision", 'M'}, {"outcome", 'o'}}},
      {Stage::kRevoked, {{"decision", 'M'}, {"reason", 'M'}}},
      {Stage::kExpired, {{"outcome", 'o'}}},
      {Stage::kLost, {{"reason", 'M'}}},
      {Stage::kAnnotated, {{"note", 'M'}, {"outcome", 'o'}}},
  };
  return table;
}

const std::vector<std::string> kFamilies = {"identity", "execution", "scope",       "requested", "decision", "granted",
                                            "routing",  "outcome",   "correlation", "reason",    "note"};

void Remove(Transition& t, const std::string& family) {
  if (family == "identity") t.identity.reset();
  if (family == "execution") t.execution.reset();
  if (family == "scope") t.scope.reset();
  if (family == "requested") t.requested.reset();
  if (family == "decision") t.decision.reset();
  if (family == "granted") t.granted.reset();
  if (family == "routing") t.routing.reset();
  if (family == "outcome") t.outcome.reset();
  if (family == "correlation") t.correlation.reset();
  if (family == "reason") t.reason.clear();
  if (family == "note") t.note.clear();
}

void Add(Transition& t, const std::string& family) {
  if (family == "identity") t.identity = SampleIdentity();
  if (family == "execution") t.execution = SampleExecution();
  if (family == "scope") t.scope = SampleScope();
  if (family == "requested") t.requested = SampleResources();
  if (family == "decision") t.decision = SampleDecision(Effect::kAllow);
  if (family == "granted") t.granted = SampleGranted();
  if (family == "routing") t.routing = SampleRouting();
  if (family == "outcome") t.outcome = SampleOutcome();
  if (family == "correlation") t.correlation = SampleCorrelation();
  if (family == "reason") t.reason = "because";
  if (family == "note") t.note = "noted";
}

std::string StageName(const testing::TestParamInfo<Stage>& info) { return std::string(Name(info.param)); }

class FamiliesOfStage : public testing::TestWithParam<Stage> {};
INSTANTIATE_TEST_SUITE_P(Transition, FamiliesOfStage, testing::ValuesIn(kAllStages), StageName);

TEST_P(FamiliesOfStage, AMandatoryOneCannotBeLeftOut) {
  for (const auto& [family, need] : FamilyTable().at(GetParam())) {
    Transition transition = FullTransition(GetParam());
    Remove(transition, family);
    if (need == 'M') {
      ExpectRefused(transition, family, "mandatory-family");
      EXPECT_THAT(Refusal(transition).message(), HasSubstr("stage " + std::string(Name(GetParam()))));
    } else {
      EXPECT_TRUE(Refusal(transition).ok()) << family << ": " << Refusal(transition).ToString();
    }
  }
}

TEST_P(FamiliesOfStage, OneThatTheStageDoesNotHaveIsRefused) {
  const auto& families = FamilyTable().at(GetParam());
  for (const std::string& family : kFamilies) {
    if (families.contains(family)) continue;
    for (Transition transition : {FullTransition(GetParam()), LeastTransition(GetParam())}) {
      Add(transition, family);
      ExpectRefused(transition, family, "allowed-family");
      EXPECT_THAT(Refusal(transition).message(), HasSubstr("stage " + std::string(Name(GetParam()))));
    }
  }
}

// --- enums ---

template <typename Enum>
void ExpectRange(Stage stage, std::string_view field, int last, const std::function<Enum&(Transition&)>& place) {
  Transition transition = FullTransition(stage);
  for (const int value : {last + 1, 127, 255}) {
    place(transition) = static_cast<Enum>(value);
    ExpectRefused(transition, field, "unknown value");
  }
}

TEST(EnumRange, EveryEnumIsRefusedPastItsEnd) {
  using T = Transition;
  ExpectRange<Stage>(kRequest, "stage", 15, [](T& t) -> Stage& { return t.stage; });
  ExpectRange<PrincipalKind>(
      kRequest, "identity.requester.kind", 8, [](T & t) -> auto& { return t.identity->requester.kind; });
  ExpectRange<HopBinding>(
      kRequest, "identity.delegation[1].binding", 3, [](T & t) -> auto& { return t.identity->delegation[1].binding; });
  ExpectRange<ExecutionKind>(
      kRequest, "execution.kind", 15, [](T & t) -> auto& { return t.execution->kind; });
  ExpectRange<Action>(
      kRequest, "execution.action", 6, [](T & t) -> auto& { return t.execution->action; });
  ExpectRange<ScopeBinding>(
      kRequest, "scope.binding", 3, [](T & t) -> auto& { return t.scope->binding; });
  ExpectRange<Per>(
      kRequest, "requested[0].per", 1, [](T & t) -> auto& { return (*t.requested)[0].per; });
  ExpectRange<Origin>(
      kRequest, "requested[0].origin", 4, [](T & t) -> auto& { return (*t.requested)[0].origin; });
  ExpectRange<Phase>(
      Stage::kDenied, "decision.phase", 3, [](T & t) -> auto& { return t.decision->phase; });
  ExpectRange<Effect>(
      Stage::kDenied, "decision.effect", 5, [](T & t) -> auto& { return t.decision->effect; });
}

// --- limits ---

TEST(Limits, AnEnvelopeIdHasAtMost128Bytes) {
  Transition transition = LeastTransition(kRequest);
  transition.envelope_id = std::string(128, '~');
  EXPECT_TRUE(Refusal(transition).ok());
  transition.envelope_id += '!';
  ExpectRefused(transition, "envelope_id");
}

TEST(Limits, AStringHasAtMost16KiB) {
  Transition transition = LeastTransition(Stage::kLost);
  transition.reason = std::string(16384, 'r');
  EXPECT_TRUE(Refusal(transition).ok());
  transition.reason += 'r';
  ExpectRefused(transition, "reason", "16385 bytes; the limit is 16384");
}

TEST(Limits, AListHasAtMost4096Items) {
  Transition transition = LeastTransition(kRequest);
  transition.identity->groups = std::vector<std::string>(4096, "g");
  EXPECT_TRUE(Refusal(transition).ok()) << Refusal(transition).ToString();
  transition.identity->groups.push_back("g");
  ExpectRefused(transition, "identity.groups", "4097 items; the limit is 4096");
}

TEST(Limits, ATransitionHasAtMost60KiB) {
  Transition transition = LeastTransition(kRequest);
  transition.identity->groups = std::vector<std::string>(3, std::string(16384, 'g'));
  transition.identity->roles = {std::string(10000, 'r')};
  const size_t size = EncodeTransition(transition)->size();
  transition.identity->roles[0].append(kMaxTransitionBytes - size, 'r');
  const auto largest = EncodeTransition(transition);
  ASSERT_TRUE(largest.ok()) << largest.status().ToString();
  EXPECT_EQ(largest->size(), kMaxTransitionBytes);
  transition.identity->roles[0] += "12345678";
  ExpectRefused(transition, "transition", "the limit is 61440");
}

TEST(Limits, TheRepeatedKeyOfALongMapIsFound) {
  Transition transition = LeastTransition(kRequest);
  for (int i = 0; i < 500; ++i) transition.requested->push_back(SampleResource("r" + std::to_string(i), i));
  EXPECT_TRUE(Refusal(transition).ok());
  transition.requested->push_back(SampleResource("r77", 1));
  ExpectRefused(transition, "requested[500].name", "twice");
}

// Distinct actors make links, and links take room in the entry.
TEST(Limits, WhateverIsAcceptedFitsAnEntry) {
  Transition transition = LeastTransition(kRequest);
  DelegationHop hop;
  size_t accepted = 0;
  Status status;
  while (status.ok()) {
    hop.actor = {PrincipalKind::kAgent, "i", "a" + std::to_string(transition.identity->delegation.size())};
    transition.identity->delegation.push_back(hop);
    const auto bytes = EncodeTransition(transition);
    status = bytes.status();
    if (!bytes.ok()) break;
    ++accepted;
    EntryHeader header;
    header.seq = UINT64_MAX;
    header.recorded_at = kSampleTime;
    header.recorder = {1, 2, 3, std::string(256, 'p')};
    header.envelope_revision = UINT64_MAX;
    header.envelope_previous = UINT64_MAX;
    header.principal_links.assign(accepted + 1, {15, 15, UINT64_MAX, UINT64_MAX});  // and the requester's
    ASSERT_LE(EntryBuilder().Build(header, *bytes)->size(), kMaxEntryBytes) << accepted << " hops";
  }
  EXPECT_GT(accepted, 200u);
  EXPECT_EQ(status.rule(), "identity.delegation") << status.ToString();
}

// --- text ---

TEST(Text, OnlyUtf8WithoutNulIsTaken) {
  Transition transition = FullTransition(kRequest);
  for (const char* bad : {"\xff", "a\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "tail\xe2\x82"}) {
    transition.identity->groups[1] = bad;
    ExpectRefused(transition, "identity.groups[1]", "UTF-8");
  }
  transition.identity->groups[1] = std::string("a\0b", 3);
  ExpectRefused(transition, "identity.groups[1]", "U+0000");
  transition.identity->groups[1] = "\xf0\x9f\x9a\x80 größe \xe2\x82\xac";
  EXPECT_TRUE(Refusal(transition).ok());
}

TEST(Text, NoItemOfAListIsEmpty) {
  Transition transition = FullTransition(kRequest);
  transition.scope->requested_scopes = {"deploy", ""};
  ExpectRefused(transition, "scope.requested_scopes[1]", "is empty");
}

}  // namespace
}  // namespace envledger
