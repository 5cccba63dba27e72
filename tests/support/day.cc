#include "tests/support/day.h"

#include "ledger/codec/quantity.h"

namespace envledger::day {

Principal User(const std::string& id, const std::string& issuer) { return {PrincipalKind::kUser, issuer, id}; }

Resource Amount(const std::string& name, const std::string& quantity) {
  Resource resource;
  resource.name = name;
  resource.amount = *ParseQuantity(quantity);
  return resource;
}

Transition Requested(const std::string& envelope_id, const Principal& requester, Nanos at) {
  Transition transition;
  transition.envelope_id = envelope_id;
  transition.stage = Stage::kRequested;
  transition.occurred_at = at;
  transition.identity = Identity{};
  transition.identity->requester = requester;
  transition.identity->tenant = "search";
  transition.execution = Execution{};
  transition.execution->kind = ExecutionKind::kModelDeployment;
  transition.execution->operation = "POST /serving/deploy_model";
  transition.execution->targets = {{.type = "model", .id = "llama-3", .version = "2", .digest = ""}};
  transition.scope = Scope{};
  transition.scope->kind = "project";
  transition.scope->id = "search-ml";
  transition.scope->binding = ScopeBinding::kBound;
  transition.requested = ResourceMap{Amount("gpu", "8"), Amount("memory", "64Gi")};
  return transition;
}

Transition GrantedGpus(const std::string& envelope_id, const std::string& gpus, Nanos at) {
  Transition transition;
  transition.envelope_id = envelope_id;
  transition.stage = Stage::kGranted;
  transition.occurred_at = at;
  transition.decision = Decision{};
  transition.decision->effect = Effect::kNarrow;
  transition.decision->reasons = {"quota of the project"};
  transition.granted = Granted{};
  transition.granted->resources = {Amount("gpu", gpus), Amount("memory", "64Gi")};
  transition.granted->grant_id = "grant-1";
  transition.routing = Routing{};
  transition.routing->backend = "kserve";
  transition.routing->node = "gpu-n05";
  return transition;
}

Transition Completed(const std::string& envelope_id, Nanos at) {
  Transition transition;
  transition.envelope_id = envelope_id;
  transition.stage = Stage::kCompleted;
  transition.occurred_at = at;
  transition.outcome = Outcome{};
  transition.outcome->code = "ok";
  transition.outcome->usage = {Amount("gpu", "4")};
  return transition;
}

void FillDay(FakeLedger& ledger) {
  ledger.Append(Requested("env-1", User("alice")));
  ledger.Append(GrantedGpus("env-1", "4"));
  ledger.Append(Completed("env-1"));
  ledger.Append(Requested("env-2", User("bob"), kMorning + 60 * kSecond));
  Transition trick = Requested("env-3", User("eve\x1b[2J\u202e"), kMorning + 120 * kSecond);
  trick.execution->operation = "=cmd()";
  trick.requested->clear();
  ledger.Append(trick);
}

}  // namespace envledger::day
