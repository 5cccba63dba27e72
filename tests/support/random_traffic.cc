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

std::vector<std::string> RandomTraffic::SomeOf(std::initializer_list<const char*> words) {
  std::vector<std::string> some;
  for (const char* word : words) {
    if (Below(2) == 0) some.emplace_back(word);
  }
  return some;
}

// Amounts, explicit zeros, amounts per unit, bounds with and without an amount.
Resource RandomTraffic::AnAsk(const std::string& name) {
  Resource ask = Amount(name, 4000);
  switch (Below(8)) {
    case 0:
      ask.amount = 0;
      break;
    case 1:
      ask.per = Per::kUnit;
      if (Below(2) == 0) ask.unit_of = "nodes";
      break;
    case 2:
      ask.amount.reset();
      [[fallthrough]];
    case 3:
      if (!ask.amount || Below(2) == 0) ask.min = 2000;
      if (Below(2) == 0) ask.max = 6000;
      break;
    case 4:
      ask.amount = 1 + static_cast<int64_t>(Below(9000));
      break;
    default:
      break;
  }
  return ask;
}

ResourceMap RandomTraffic::Asks() {
  ResourceMap asks;
  if (Below(4) == 0) return asks;
  for (const char* name : {"gpu", "memory", "tokens"}) {
    if (Below(2) == 0) asks.push_back(AnAsk(name));
  }
  return asks;
}

// The grant for a request: most of it as requested, with every other relation too.
ResourceMap RandomTraffic::GrantsFor(const ResourceMap& asks) {
  ResourceMap grants;
  for (const Resource& ask : asks) {
    Resource grant = ask;
    const int64_t asked = ask.amount.value_or(4000);
    switch (Below(8)) {
      case 0:
        continue;  // not mentioned
      case 1:
        grant.amount = 0;
        break;
      case 2:
        grant.amount = asked / 4;
        break;
      case 3:
        grant.amount = asked * 2;
        break;
      case 4:
        grant.per = ask.per == Per::kUnit ? Per::kTotal : Per::kUnit;
        grant.unit_of.clear();
        break;
      case 5:
        grant.amount = asked;
        break;
      default:
        break;
    }
    grants.push_back(grant);
  }
  if (Below(4) == 0) grants.push_back(Amount("disk", static_cast<int64_t>(Below(3)) * 1000));
  return grants;
}

Transition RandomTraffic::Open() {
  Transition t = Opening("e" + std::to_string(opened_++), APrincipal());
  t.occurred_at = ATime();
  Identity& identity = *t.identity;
  if (Below(8) == 0) identity.requester = {PrincipalKind::kAnonymous, "idp.example", "anonymous"};
  if (Below(3) == 0) identity.subject = APrincipal();
  const unsigned hops = Below(4);
  for (unsigned i = 0; i < hops; ++i) {
    DelegationHop hop;
    hop.actor = APrincipal();
    hop.binding = HopBinding::kVerified;
    if (Below(2) == 0) hop.delegation_id = "d" + std::to_string(i);
    if (i > 0 && Below(2) == 0) hop.parent_id = "d" + std::to_string(Below(i + 2));  // perhaps of no hop, or its own
    if (Below(2) == 0) hop.scopes = SomeOf({"read", "write", "admin"});
    if (Below(2) == 0) hop.expires_at = kTestStart + static_cast<Nanos>(Below(5)) * 60 * kSecond;
    identity.delegation.push_back(hop);
  }
  if (Below(3) != 0) identity.tenant = ATenant();
  t.execution->kind = AKind();
  if (Below(3) == 0) t.execution->parent_envelope_id = "e" + std::to_string(Below(opened_ / 8 + 1));
  if (Below(4) == 0) t.execution->deadline = kTestStart + static_cast<Nanos>(Below(600)) * kSecond;
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
  if (Below(2) == 0) t.scope->requested_scopes = SomeOf({"read", "write"});
  t.requested = Asks();
  if (Below(2) == 0) {
    Correlation& correlation = t.correlation.emplace();
    correlation.request_id = ARequestId();
    if (Below(2) == 0) correlation.traceparent = "00-" + ATraceId() + "-00f067aa0ba902b7-01";
  }
  openings_.emplace(t.envelope_id, t);
  return t;
}

// Times mostly run forwards. No two later records of an envelope have the same time, so that replays occur only on
// purpose.
Nanos RandomTraffic::ALaterTime() {
  Nanos at = kTestStart + static_cast<Nanos>(made_) * kSecond;
  if (Below(6) == 0) at -= static_cast<Nanos>(Below(200)) * kSecond;
  while (!used_.insert(at).second) at += kSecond;
  return at;
}

void RandomTraffic::Decide(Decision& decision, const Identity& identity) {
  if (decision.effect == Effect::kAllow && Below(3) == 0) decision.effect = Effect::kNarrow;
  if (decision.reasons.empty() && Below(3) == 0) decision.reasons = {"quota"};
  if (Below(3) == 0) decision.policy = Policy{"limits", std::to_string(Below(3)), ""};
  if (Below(2) == 0) return;
  decision.decider = APrincipal();
  if (Below(6) == 0) decision.decider = identity.requester;
  if (Below(6) == 0 && identity.subject) decision.decider = identity.subject;
}

void RandomTraffic::FillGrant(Transition& t, const Transition& opening) {
  Granted& granted = *t.granted;
  granted.resources = GrantsFor(*opening.requested);
  if (Below(3) == 0) granted.scopes = SomeOf({"read", "write", "admin"});
  if (Below(5) == 0) granted.reason = "what was free";
  if (Below(4) == 0) granted.not_before = *t.occurred_at + static_cast<Nanos>(Below(40)) * kSecond - 10 * kSecond;
  if (Below(3) == 0) granted.expires_at = *t.occurred_at + static_cast<Nanos>(Below(40)) * kSecond;
  if (Below(4) == 0) granted.charge_to = APrincipal();
}

std::optional<Transition> RandomTraffic::Continue(const std::string& envelope_id) {
  const LifecycleState& state = envelopes_[envelope_id];
  const auto stage = static_cast<Stage>(2 + Below(kStageCount - 2));
  // Long envelopes are more useful for tests than early ends.
  if (IsTerminal(stage) && Below(3) != 0) return std::nullopt;
  if (stage == Stage::kAnnotated && Below(2) != 0) return std::nullopt;
  if (!IsLegalMove(state.stage, stage)) return std::nullopt;
  const Transition& opening = openings_.at(envelope_id);
  Transition t = Later(stage, envelope_id);
  t.occurred_at = ALaterTime();
  if (stage == Stage::kGranted) {
    if (!state.allowed || Below(3) != 0) t.decision.emplace().effect = Effect::kAllow;
    FillGrant(t, opening);
  }
  if (stage == Stage::kDeferred && Below(3) == 0) t.decision.emplace().effect = Effect::kDefer;
  if (t.decision) Decide(*t.decision, *opening.identity);
  if (stage == Stage::kGranted || stage == Stage::kStarted) {
    Routing& routing = t.routing.emplace();
    routing.backend = "k8s";
    if (Below(2) == 0) routing.native_ids.push_back({"pod", ANativeId()});
    if (Below(4) == 0) routing.target_ref = ANativeId();
    if (Below(2) == 0) routing.node = ANode();
    for (unsigned places = Below(3) == 0 ? 2 : 0; places > 0; --places) routing.placements.push_back({ANode(), {}});
  }
  const bool may_end = stage == Stage::kCompleted || stage == Stage::kCancelled || stage == Stage::kExpired;
  if ((may_end || stage == Stage::kAnnotated) && Below(2) == 0) t.outcome.emplace();
  if (t.outcome && Below(4) != 0) t.outcome->usage = Asks();
  if (t.outcome && t.outcome->usage.empty()) t.outcome->code = "0";
  return t;
}

}  // namespace envledger
