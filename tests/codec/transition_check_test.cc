// What a transition must and may hold. The tables here are written from the format's description, not from the code.
#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <set>

#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// The refusal of a transition; Ok() when it is accepted.
Status Refusal(const Transition& transition) { return EncodeTransition(transition).status(); }

void ExpectRefused(const Transition& transition, std::string_view field, std::string_view words = "") {
  const Status status = Refusal(transition);
  EXPECT_EQ(status.code(), Code::kInvalidArgument) << field;
  EXPECT_EQ(status.rule(), field) << status.message();
  EXPECT_THAT(status.message(), AllOf(HasSubstr(std::string(field)), HasSubstr(std::string(words))));
}

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

// --- fields inside the families ---

using Change = std::function<void(Transition&)>;
struct Case {
  std::string field;  // that the refusal names
  Stage stage;
  Change change;
};

class Broken : public testing::TestWithParam<Case> {};

TEST_P(Broken, IsRefusedByItsField) {
  Transition transition = FullTransition(GetParam().stage);
  ASSERT_TRUE(Refusal(transition).ok());
  GetParam().change(transition);
  ExpectRefused(transition, GetParam().field);
}

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.field + "_" + std::string(Name(info.param.stage)) + "_" + std::to_string(info.index);
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

constexpr Stage kReq = Stage::kRequested;

const std::vector<Case> kMissing = {
        Case{"envelope_id", kReq, [](Transition& t) { t.envelope_id.clear(); }},
        Case{"stage", kReq, [](Transition& t) { t.stage = Stage::kUnspecified; }},
        Case{"occurred_at", kReq, [](Transition& t) { t.occurred_at.reset(); }},
        Case{"identity.requester.kind", kReq,
             [](Transition& t) { t.identity->requester.kind = PrincipalKind::kUnspecified; }},
        Case{"identity.requester.issuer", kReq, [](Transition& t) { t.identity->requester.issuer.clear(); }},
        Case{"identity.requester.id", kReq, [](Transition& t) { t.identity->requester.id.clear(); }},
        Case{"identity.requester.id", kReq,
             [](Transition& t) {
               t.identity->requester = {PrincipalKind::kAnonymous, "gateway", ""};
             }},
        Case{"identity.subject.id", kReq, [](Transition& t) { t.identity->subject->id.clear(); }},
        Case{"identity.delegation[1].actor.kind", kReq,
             [](Transition& t) { t.identity->delegation[1].actor.kind = PrincipalKind::kUnspecified; }},
        Case{"identity.delegation[0].actor.issuer", kReq,
             [](Transition& t) { t.identity->delegation[0].actor.issuer.clear(); }},
        Case{"execution.kind", kReq, [](Transition& t) { t.execution->kind = ExecutionKind::kUnspecified; }},
        Case{"execution.kind_detail", kReq,
             [](Transition& t) {
               t.execution->kind = ExecutionKind::kOther;
               t.execution->kind_detail.clear();
             }},
        Case{"scope.kind", kReq, [](Transition& t) { t.scope->kind.clear(); }},
        Case{"scope.binding", kReq, [](Transition& t) { t.scope->binding = ScopeBinding::kUnspecified; }},
        Case{"scope.id", kReq, [](Transition& t) { t.scope->id.clear(); }},
        Case{"scope.hints[1].key", kReq, [](Transition& t) { t.scope->hints[1].key.clear(); }},
        Case{"scope.hints[1].value", kReq, [](Transition& t) { t.scope->hints[1].value.clear(); }},
        Case{"requested[2].name", kReq, [](Transition& t) { (*t.requested)[2].name.clear(); }},
        Case{"requested[2].amount", kReq, [](Transition& t) { (*t.requested)[2].min.reset(); }},
        Case{"granted.resources[2].name", Stage::kGranted, [](Transition& t) { t.granted->resources[2].name.clear(); }},
        Case{"granted.charge_to.id", Stage::kGranted, [](Transition& t) { t.granted->charge_to->id.clear(); }},
        Case{"decision.effect", Stage::kDeferred, [](Transition& t) { t.decision->effect = Effect::kUnspecified; }},
        Case{"decision.effect", Stage::kSuspended, [](Transition& t) { t.decision->effect = Effect::kUnspecified; }},
        Case{"decision.effect", Stage::kAdmitted, [](Transition& t) { t.decision->effect = Effect::kUnspecified; }},
        Case{"decision.effect", Stage::kDenied, [](Transition& t) { t.decision->effect = Effect::kUnspecified; }},
        Case{"decision.effect", Stage::kGranted, [](Transition& t) { t.decision->effect = Effect::kUnspecified; }},
        Case{"decision.reasons", Stage::kDenied, [](Transition& t) { t.decision->reasons.clear(); }},
        Case{"decision.decider", Stage::kCancelled, [](Transition& t) { t.decision->decider.reset(); }},
        Case{"decision.decider", Stage::kRevoked, [](Transition& t) { t.decision->decider.reset(); }},
        Case{"decision.decider.issuer", Stage::kAdmitted, [](Transition& t) { t.decision->decider->issuer.clear(); }},
        Case{"outcome.reason", Stage::kRejected,
             [](Transition& t) {
               t.outcome->code.clear();
               t.outcome->reason.clear();
             }},
        Case{"outcome.reason", Stage::kFailed,
             [](Transition& t) {
               t.outcome->code.clear();
               t.outcome->reason.clear();
             }}};

INSTANTIATE_TEST_SUITE_P(Mandatory, Broken, testing::ValuesIn(kMissing), CaseName);

const std::vector<Case> kWrong = {
    Case{"envelope_id", kReq, [](Transition& t) { t.envelope_id = std::string(129, 'e'); }},
    Case{"envelope_id", kReq, [](Transition& t) { t.envelope_id = "two words"; }},
    Case{"envelope_id", kReq, [](Transition& t) { t.envelope_id = "größe"; }},
    Case{"envelope_id", kReq, [](Transition& t) { t.envelope_id = "tab\t"; }},
    Case{"envelope_id", kReq, [](Transition& t) { t.envelope_id = "del\x7f"; }},
    Case{"execution.parent_envelope_id", kReq, [](Transition& t) { t.execution->parent_envelope_id = "a b"; }},
    Case{"execution.parent_envelope_id", kReq,
         [](Transition& t) { t.execution->parent_envelope_id = std::string(129, 'e'); }},
    Case{"occurred_at", kReq, [](Transition& t) { t.occurred_at = -1; }},
    Case{"execution.deadline", kReq, [](Transition& t) { t.execution->deadline = -1; }},
    Case{"identity.delegation[0].issued_at", kReq, [](Transition& t) { t.identity->delegation[0].issued_at = -1; }},
    Case{"identity.delegation[0].expires_at", kReq, [](Transition& t) { t.identity->delegation[0].expires_at = -1; }},
    Case{"granted.not_before", Stage::kGranted, [](Transition& t) { t.granted->not_before = -1; }},
    Case{"granted.expires_at", Stage::kGranted, [](Transition& t) { t.granted->expires_at = -1; }},
    Case{"outcome.started_at", Stage::kFailed, [](Transition& t) { t.outcome->started_at = -1; }},
    Case{"outcome.ended_at", Stage::kFailed, [](Transition& t) { t.outcome->ended_at = -1; }},
    Case{"decision.effect", Stage::kAdmitted, [](Transition& t) { t.decision->effect = Effect::kDeny; }},
    Case{"decision.effect", Stage::kAdmitted, [](Transition& t) { t.decision->effect = Effect::kEscalate; }},
    Case{"decision.effect", Stage::kDenied, [](Transition& t) { t.decision->effect = Effect::kAllow; }},
    Case{"decision.effect", Stage::kGranted, [](Transition& t) { t.decision->effect = Effect::kDeny; }},
    Case{"decision.effect", Stage::kGranted, [](Transition& t) { t.decision->effect = Effect::kDefer; }},
    Case{"requested[1].name", kReq, [](Transition& t) { (*t.requested)[1].name = "gpu"; }},
    Case{"scope.hints[1].key", kReq, [](Transition& t) { t.scope->hints[1].key = "zone"; }},
    Case{"routing.native_ids[1].key", Stage::kStarted, [](Transition& t) { t.routing->native_ids[1].key = "slurm"; }},
    Case{"correlation.external_ids[1].key", kReq,
         [](Transition& t) {
           t.correlation->external_ids.push_back({"ticket", "other"});
         }},
    Case{"outcome.usage[3].name", Stage::kCompleted, [](Transition& t) { t.outcome->usage[3].name = "cpu"; }},
    Case{"requested[0].min", kReq,
         [](Transition& t) {
           (*t.requested)[0].min = 2;
           (*t.requested)[0].max = 1;
         }},
    Case{"requested[1].unit_of", kReq, [](Transition& t) { (*t.requested)[1].per = Per::kTotal; }},
    Case{"execution.request_digest", kReq, [](Transition& t) { t.execution->request_digest.pop_back(); }},
    Case{"execution.request_digest", kReq, [](Transition& t) { t.execution->request_digest += "a"; }},
    Case{"execution.request_digest", kReq, [](Transition& t) { t.execution->request_digest.back() = 'A'; }},
    Case{"execution.request_digest", kReq, [](Transition& t) { t.execution->request_digest[0] = 'S'; }},
    Case{"outcome.result_digest", Stage::kCompleted, [](Transition& t) { t.outcome->result_digest = "md5:00"; }},
    Case{"execution.targets[1].digest", kReq, [](Transition& t) { t.execution->targets[1].digest = "00ff"; }},
    Case{"execution.targets[1].digest", kReq, [](Transition& t) { t.execution->targets[1].digest = "sha256:"; }},
    Case{"execution.targets[1].digest", kReq, [](Transition& t) { t.execution->targets[1].digest = ":00"; }},
    Case{"decision.policy.digest", Stage::kAdmitted, [](Transition& t) { t.decision->policy->digest = "sha256:0G"; }}};

INSTANTIATE_TEST_SUITE_P(Values, Broken, testing::ValuesIn(kWrong), CaseName);

const std::vector<std::string> kBadTraceparents = {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                                                   "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
                                                   "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                                   "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                                                   "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                                                   "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                                                   "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                                   "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                                                   "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
                                                   "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"};

TEST(Traceparent, OnlyTheFormOfVersion00IsTaken) {
  Transition transition = FullTransition(kReq);
  for (const std::string& bad : kBadTraceparents) {
    transition.correlation->traceparent = bad;
    ExpectRefused(transition, "correlation.traceparent");
  }
  transition.correlation->traceparent = "00-00000000000000000000000000000001-1000000000000000-ff";
  EXPECT_TRUE(Refusal(transition).ok());
}

TEST(Decision, CancelledAndRevokedNeedNoEffect) {
  for (const Stage stage : {Stage::kCancelled, Stage::kRevoked}) {
    Transition transition = FullTransition(stage);
    transition.decision->effect = Effect::kUnspecified;
    EXPECT_TRUE(Refusal(transition).ok());
  }
}

TEST(Outcome, ACodeOrAReasonIsEnough) {
  for (const Stage stage : {Stage::kRejected, Stage::kFailed}) {
    Transition transition = FullTransition(stage);
    transition.outcome = Outcome();
    transition.outcome->code = "E";
    EXPECT_TRUE(Refusal(transition).ok());
    transition.outcome = Outcome();
    transition.outcome->reason = "no capacity";
    EXPECT_TRUE(Refusal(transition).ok());
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
  ExpectRange<Stage>(kReq, "stage", 15, [](T& t) -> Stage& { return t.stage; });
  ExpectRange<PrincipalKind>(
      kReq, "identity.requester.kind", 8, [](T & t) -> auto& { return t.identity->requester.kind; });
  ExpectRange<HopBinding>(
      kReq, "identity.delegation[1].binding", 3, [](T & t) -> auto& { return t.identity->delegation[1].binding; });
  ExpectRange<ExecutionKind>(
      kReq, "execution.kind", 15, [](T & t) -> auto& { return t.execution->kind; });
  ExpectRange<Action>(
      kReq, "execution.action", 6, [](T & t) -> auto& { return t.execution->action; });
  ExpectRange<ScopeBinding>(
      kReq, "scope.binding", 3, [](T & t) -> auto& { return t.scope->binding; });
  ExpectRange<Per>(
      kReq, "requested[0].per", 1, [](T & t) -> auto& { return (*t.requested)[0].per; });
  ExpectRange<Origin>(
      kReq, "requested[0].origin", 4, [](T & t) -> auto& { return (*t.requested)[0].origin; });
  ExpectRange<Phase>(
      Stage::kDenied, "decision.phase", 3, [](T & t) -> auto& { return t.decision->phase; });
  ExpectRange<Effect>(
      Stage::kDenied, "decision.effect", 5, [](T & t) -> auto& { return t.decision->effect; });
}

// --- limits ---

TEST(Limits, AnEnvelopeIdHasAtMost128Bytes) {
  Transition transition = LeastTransition(kReq);
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
  Transition transition = LeastTransition(kReq);
  transition.identity->groups = std::vector<std::string>(4096, "g");
  EXPECT_TRUE(Refusal(transition).ok()) << Refusal(transition).ToString();
  transition.identity->groups.push_back("g");
  ExpectRefused(transition, "identity.groups", "4097 items; the limit is 4096");
}

TEST(Limits, ATransitionHasAtMost60KiB) {
  Transition transition = LeastTransition(kReq);
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
  Transition transition = LeastTransition(kReq);
  for (int i = 0; i < 500; ++i) transition.requested->push_back(SampleResource("r" + std::to_string(i), i));
  EXPECT_TRUE(Refusal(transition).ok());
  transition.requested->push_back(SampleResource("r77", 1));
  ExpectRefused(transition, "requested[500].name", "twice");
}

// Distinct actors make links, and links take room in the entry.
TEST(Limits, WhateverIsAcceptedFitsAnEntry) {
  Transition transition = LeastTransition(kReq);
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
  Transition transition = FullTransition(kReq);
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
  Transition transition = FullTransition(kReq);
  transition.scope->requested_scopes = {"deploy", ""};
  ExpectRefused(transition, "scope.requested_scopes[1]", "is empty");
}

}  // namespace
}  // namespace envledger
