#include "tests/support/transitions.h"

#include <cstdio>
#include <cstdlib>

#include "ledger/codec/transition.h"
#include "tests/support/manual_clock.h"

namespace envledger {

Principal User(std::string id, std::string issuer) { return {PrincipalKind::kUser, std::move(issuer), std::move(id)}; }
Principal Service(std::string id, std::string issuer) {
  return {PrincipalKind::kService, std::move(issuer), std::move(id)};
}

Transition Opening(std::string envelope_id, Principal requester) {
  Transition t;
  t.envelope_id = std::move(envelope_id);
  t.stage = Stage::kRequested;
  t.occurred_at = kTestStart;
  t.identity.emplace().requester = std::move(requester);
  t.execution.emplace().kind = ExecutionKind::kInference;
  t.scope.emplace().kind = "project";
  t.scope->binding = ScopeBinding::kUnbound;
  t.requested.emplace();
  return t;
}

Transition Later(Stage stage, std::string envelope_id) {
  Transition t;
  t.envelope_id = std::move(envelope_id);
  t.stage = stage;
  t.occurred_at = kTestStart + kSecond;
  const auto decide = [&t](Effect effect) -> Decision& {
    t.decision.emplace().effect = effect;
    return *t.decision;
  };
  switch (stage) {
    case Stage::kAdmitted:
      decide(Effect::kAllow);
      break;
    case Stage::kDenied:
      decide(Effect::kDeny).reasons = {"quota"};
      break;
    case Stage::kGranted:
      t.granted.emplace();
      break;
    case Stage::kRejected:
    case Stage::kFailed:
      t.outcome.emplace().code = "E1";
      break;
    case Stage::kCancelled:
      t.decision.emplace().decider = User("carol");
      break;
    case Stage::kRevoked:
      t.decision.emplace().decider = User("carol");
      t.reason = "preempted";
      break;
    case Stage::kDeferred:
    case Stage::kSuspended:
    case Stage::kLost:
      t.reason = "waiting";
      break;
    case Stage::kAnnotated:
      t.note = "a note";
      break;
    default:
      break;
  }
  return t;
}

Transition Grant(std::string envelope_id, ResourceMap resources) {
  Transition t = Later(Stage::kGranted, std::move(envelope_id));
  t.granted->resources = std::move(resources);
  return t;
}

Resource Amount(std::string name, int64_t milli_units) {
  Resource resource;
  resource.name = std::move(name);
  resource.amount = milli_units;
  return resource;
}

std::string Encoded(const Transition& transition) {
  auto bytes = EncodeTransition(transition);
  if (bytes.ok()) return *std::move(bytes);
  std::fprintf(stderr, "the test's own transition is refused: %s\n", bytes.status().ToString().c_str());
  std::abort();
}

std::vector<std::string> Encoded(const std::vector<Transition>& transitions) {
  std::vector<std::string> all;
  for (const Transition& transition : transitions) all.push_back(Encoded(transition));
  return all;
}

}  // namespace envledger
