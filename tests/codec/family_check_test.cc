// What the fields inside the families must be. The tables are written from the format's description, not from the code.
#include "ledger/codec/family_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/codec/refusal.h"
#include "tests/codec/samples.h"

namespace envledger {
namespace {

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

TEST(IsEnvelopeId, IsPrintableAsciiWithoutSpace) {
  EXPECT_TRUE(IsEnvelopeId("!"));
  EXPECT_TRUE(IsEnvelopeId(std::string(128, '~')));
  EXPECT_FALSE(IsEnvelopeId(""));
  EXPECT_FALSE(IsEnvelopeId(std::string(129, '~')));
  for (const char* bad : {" ", "a b", "\x7f", "\x1f", "\xc3\xa9"}) EXPECT_FALSE(IsEnvelopeId(bad)) << bad;
}

}  // namespace
}  // namespace envledger
