#include "tests/support/random_traffic.h"

#include "ledger/codec/transition.h"
#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {

Principal RandomTraffic::APrincipal() {
  static const char* const kIds[] = {"alice", "bob", "planner", "al"};
  const char* const issuer = Below(2) == 0 ? "idp.example" : "other.example";
  return {Below(4) == 0 ? PrincipalKind::kAgent : PrincipalKind::kUser, issuer, kIds[Below(4)]};
}

Nanos RandomTraffic::ATime() { return kTestStart + static_cast<Nanos>(Below(50)) * kSecond; }

Transition RandomTraffic::Next() {
  ++made_;
  for (int attempt = 0; attempt < 20 && opened_ > 0 && Below(3) != 0; ++attempt) {
    auto next = Continue("e" + std::to_string(Below(opened_)));
    if (!next) continue;
    Remember(*next);
    return *std::move(next);
  }
  Transition opening = Open();
  Remember(opening);
  return opening;
}

std::vector<std::string> RandomTraffic::NextBatch() {
  std::vector<std::string> batch;
  for (unsigned i = 1 + Below(4); i > 0; --i) batch.push_back(Encoded(Next()));
  return batch;
}

void RandomTraffic::Remember(const Transition& transition) {
  const std::string bytes = Encoded(transition);
  LifecycleState& state = envelopes_[transition.envelope_id];
  state = Advance(state, FactsOf(bytes));
}

Transition RandomTraffic::Open() {
  Transition t = Opening("e" + std::to_string(opened_++), APrincipal());
  t.occurred_at = ATime();
  Identity& identity = *t.identity;
  if (Below(3) == 0) identity.subject = APrincipal();
  for (unsigned hops = Below(3); hops > 0; --hops) {
    DelegationHop hop;
    hop.actor = APrincipal();
    hop.binding = HopBinding::kVerified;
    identity.delegation.push_back(hop);
  }
  if (Below(3) != 0) identity.tenant = ATenant();
  t.execution->kind = AKind();
  if (Below(3) == 0) t.execution->parent_envelope_id = "e" + std::to_string(Below(opened_ / 8 + 1));
  for (unsigned targets = Below(3); targets > 0; --targets) {
    Target target;
    target.type = "model";
    target.id = ATarget();
    t.execution->targets.push_back(target);
  }
  if (Below(2) == 0) {
    t.scope->binding = ScopeBinding::kBound;
    t.scope->id = AScope();
  }
  if (Below(2) == 0) t.requested->push_back(Amount("gpu", 4000));
  if (Below(2) == 0) {
    Correlation& correlation = t.correlation.emplace();
    correlation.request_id = ARequestId();
    if (Below(2) == 0) correlation.traceparent = "00-" + ATraceId() + "-00f067aa0ba902b7-01";
  }
  return t;
}

std::optional<Transition> RandomTraffic::Continue(const std::string& envelope_id) {
  const LifecycleState& state = envelopes_[envelope_id];
  const auto stage = static_cast<Stage>(2 + Below(kStageCount - 2));
  // Envelopes that go on for long are more telling than ends.
  if (IsTerminal(stage) && Below(3) != 0) return std::nullopt;
  if (stage == Stage::kAnnotated && Below(2) != 0) return std::nullopt;
  if (!IsLegalMove(state.stage, stage)) return std::nullopt;
  Transition t = Later(stage, envelope_id);
  t.occurred_at = kTestStart + static_cast<Nanos>(made_) * kSecond;  // no two the same: replays are made on purpose
  if (stage == Stage::kGranted) {
    t.decision.emplace().effect = Effect::kAllow;
    if (Below(2) == 0) t.granted->resources.push_back(Amount("gpu", static_cast<int64_t>(Below(6)) * 1000));
  }
  if (t.decision && Below(2) == 0) t.decision->decider = APrincipal();
  if (stage == Stage::kGranted || stage == Stage::kStarted) {
    Routing& routing = t.routing.emplace();
    routing.backend = "k8s";
    if (Below(2) == 0) routing.native_ids.push_back({"pod", ANativeId()});
    if (Below(4) == 0) routing.target_ref = ANativeId();
    if (Below(2) == 0) routing.node = ANode();
    for (unsigned places = Below(3) == 0 ? 2 : 0; places > 0; --places) routing.placements.push_back({ANode(), {}});
  }
  return t;
}

}  // namespace envledger
