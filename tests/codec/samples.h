// Transitions to test with: one for each stage, with every family that the stage may carry, and every field filled in.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "ledger/codec/model.h"
#include "ledger/codec/transition.h"

namespace envledger {

inline constexpr std::array<Stage, 15> kAllStages = {
    Stage::kRequested, Stage::kDeferred, Stage::kAdmitted,  Stage::kDenied,    Stage::kRejected,
    Stage::kGranted,   Stage::kStarted,  Stage::kSuspended, Stage::kCompleted, Stage::kFailed,
    Stage::kCancelled, Stage::kRevoked,  Stage::kExpired,   Stage::kLost,      Stage::kAnnotated};

inline constexpr Nanos kSampleTime = 1'773'739'800'123'456'789;  // 2026-03-17T09:30:00.123456789Z

inline Resource SampleResource(std::string name, int64_t amount) {
  Resource resource;
  resource.name = std::move(name);
  resource.amount = amount;
  return resource;
}

inline ResourceMap SampleResources() {
  Resource gpu = SampleResource("gpu", 8000);
  gpu.origin = Origin::kExplicit;
  gpu.selector = "nvidia.com/gpu.product in (H100)";
  Resource memory = SampleResource("memory", int64_t{64} << 30);
  memory.per = Per::kUnit;
  memory.unit_of = "gpu";
  memory.min = 0;
  memory.max = INT64_MAX;
  Resource cpu;
  cpu.name = "cpu";
  cpu.min = -500;
  return {gpu, memory, cpu, SampleResource("disk", 0)};
}

inline Principal SampleUser() { return {PrincipalKind::kUser, "https://idp.example.com", "alice@example.com"}; }
inline Principal SampleAgent() { return {PrincipalKind::kAgent, "spiffe://example.com", "agent/planner-7"}; }
inline Principal SamplePolicyPoint() { return {PrincipalKind::kSystem, "cluster-a", "admission"}; }

inline Identity SampleIdentity() {
  DelegationHop first;
  first.actor = SampleAgent();
  first.delegation_id = "del-1";
  first.issuer = "https://sts.example.com";
  first.scopes = {"deploy", "read"};
  first.audience = "serving";
  first.issued_at = kSampleTime - kSecond;
  first.expires_at = kSampleTime + 3600 * kSecond;
  first.binding = HopBinding::kVerified;
  DelegationHop second;
  second.actor = {PrincipalKind::kWorkload, "spiffe://example.com", "ns/ml/sa/runner"};
  second.delegation_id = "del-2";
  second.parent_id = "del-1";
  second.binding = HopBinding::kAsserted;
  Identity identity;
  identity.requester = SampleUser();
  identity.subject = Principal{PrincipalKind::kService, "cluster-a", "forecasting"};
  identity.delegation = {first, second};
  identity.tenant = "vision";
  identity.groups = {"ml", "größe"};
  identity.roles = {"deployer"};
  identity.authentication = Authentication{"oidc", "cred-77", "session-9"};
  identity.source = Source{"gateway", "2001:db8::7", "mlctl/3.2"};
  return identity;
}

inline Execution SampleExecution() {
  Execution execution;
  execution.kind = ExecutionKind::kModelDeployment;
  execution.kind_detail = "blue-green";
  execution.operation = "POST /serving/deploy_model";
  execution.action = Action::kCreate;
  execution.targets = {{"model", "llama-3-8b", "v7", "sha256:00ff"}, {"endpoint", "chat", "", ""}};
  execution.trigger = "manual";
  execution.request_digest = "sha256:" + std::string(64, 'a');
  execution.parent_envelope_id = "env-parent";
  execution.deadline = kSampleTime + 600 * kSecond;
  execution.priority = "high";
  execution.dry_run = false;
  return execution;
}

inline Scope SampleScope() {
  Scope scope;
  scope.kind = "namespace";
  scope.id = "prod-vision";
  scope.role = "owner";
  scope.binding = ScopeBinding::kBound;
  scope.requested_scopes = {"deploy"};
  scope.classification = "internal";
  scope.purpose = "serving";
  scope.residency = "eu";
  scope.hints = {{"zone", "a"}, {"queue", "gpu"}};
  return scope;
}

inline Decision SampleDecision(Effect effect) {
  Decision decision;
  decision.id = "dec-5";
  decision.point = "admission";
  decision.phase = Phase::kPre;
  decision.effect = effect;
  decision.reasons = {"within quota", "owner of the namespace"};
  decision.policy = Policy{"quota", "2026-03", "sha512:0123456789abcdef"};
  decision.snapshot = "zookie-881";
  decision.obligations = {"log prompts"};
  decision.decider = SamplePolicyPoint();
  return decision;
}

inline Granted SampleGranted() {
  Granted granted;
  granted.resources = SampleResources();
  granted.scopes = {"deploy"};
  granted.grant_id = "grant-1";
  granted.not_before = kSampleTime;
  granted.expires_at = kSampleTime + 60 * kSecond;
  granted.charge_to = SampleUser();
  granted.reason = "as asked";
  return granted;
}

inline Routing SampleRouting() {
  Routing routing;
  routing.backend = "triton";
  routing.cluster = "cluster-a";
  routing.node = "node-17";
  routing.devices = {"gpu-0", "gpu-1"};
  routing.placements = {{"node-17", {"gpu-0"}}, {"node-18", {}}};
  routing.target_ref = "deploy/llama";
  routing.native_ids = {{"slurm", "991"}, {"k8s-uid", "5f0c"}};
  return routing;
}

inline Outcome SampleOutcome() {
  Outcome outcome;
  outcome.code = "OK";
  outcome.reason = "done";
  outcome.usage = SampleResources();
  outcome.result_digest = "sha256:" + std::string(64, '0');
  outcome.started_at = kSampleTime;
  outcome.ended_at = kSampleTime + kSecond;
  return outcome;
}

inline Correlation SampleCorrelation() {
  Correlation correlation;
  correlation.request_id = "req-1";
  correlation.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  correlation.conversation_id = "conv-3";
  correlation.external_ids = {{"ticket", "OPS-12"}};
  return correlation;
}

// A transition of the stage with every field that the stage may carry.
inline Transition FullTransition(Stage stage) {
  Transition t;
  t.envelope_id = "env-0001";
  t.stage = stage;
  t.occurred_at = kSampleTime;
  switch (stage) {
    case Stage::kRequested:
      t.identity = SampleIdentity();
      t.execution = SampleExecution();
      t.scope = SampleScope();
      t.requested = SampleResources();
      t.correlation = SampleCorrelation();
      break;
    case Stage::kDeferred:
    case Stage::kSuspended:
      t.reason = "queue is full";
      t.decision = SampleDecision(Effect::kDefer);
      break;
    case Stage::kAdmitted:
      t.decision = SampleDecision(Effect::kNarrow);
      break;
    case Stage::kDenied:
      t.decision = SampleDecision(Effect::kDeny);
      break;
    case Stage::kGranted:
      t.granted = SampleGranted();
      t.routing = SampleRouting();
      t.decision = SampleDecision(Effect::kAllow);
      break;
    case Stage::kStarted:
      t.routing = SampleRouting();
      break;
    case Stage::kRejected:
    case Stage::kFailed:
    case Stage::kCompleted:
    case Stage::kExpired:
      t.outcome = SampleOutcome();
      break;
    case Stage::kCancelled:
      t.decision = SampleDecision(Effect::kUnspecified);
      t.outcome = SampleOutcome();
      break;
    case Stage::kRevoked:
      t.decision = SampleDecision(Effect::kDeny);
      t.reason = "policy changed";
      break;
    case Stage::kLost:
      t.reason = "the node went away";
      break;
    case Stage::kAnnotated:
      t.note = "a late outcome";
      t.outcome = SampleOutcome();
      break;
    case Stage::kUnspecified:
      break;
  }
  return t;
}

// The least that a record of the stage can carry.
inline Transition LeastTransition(Stage stage) {
  Transition t = FullTransition(stage);
  t.correlation.reset();
  if (stage == Stage::kRequested) {
    t.identity = Identity();
    t.identity->requester = SampleUser();
    t.execution = Execution();
    t.execution->kind = ExecutionKind::kInference;
    t.scope = Scope();
    t.scope->kind = "none";
    t.scope->binding = ScopeBinding::kUnbound;
    t.requested = ResourceMap();
  }
  if (stage == Stage::kDeferred || stage == Stage::kSuspended || stage == Stage::kGranted) t.decision.reset();
  if (stage == Stage::kGranted || stage == Stage::kStarted) t.routing.reset();
  if (stage == Stage::kGranted) t.granted = Granted();
  if (stage == Stage::kCompleted || stage == Stage::kExpired || stage == Stage::kCancelled ||
      stage == Stage::kAnnotated) {
    t.outcome.reset();
  }
  return t;
}

inline std::string StageName(const testing::TestParamInfo<Stage>& info) { return std::string(Name(info.param)); }

inline std::string Encoded(const Transition& transition) {
  Result<std::string> bytes = EncodeTransition(transition);
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  return bytes.ok() ? *bytes : std::string();
}

}  // namespace envledger
