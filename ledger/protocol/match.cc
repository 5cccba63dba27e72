#include "ledger/protocol/match.h"

#include <algorithm>

namespace envledger {
namespace {

bool Matches(const PrincipalFilter& filter, const Principal& principal) {
  return (filter.kind == PrincipalKind::kUnspecified || principal.kind == filter.kind) &&
         (!filter.issuer || principal.issuer == *filter.issuer) && principal.id == filter.id;
}

RoleMask RolesIn(const Transition& transition, const PrincipalFilter& filter) {
  RoleMask roles = 0;
  if (transition.identity) {
    const Identity& identity = *transition.identity;
    if (Matches(filter, identity.requester)) roles |= kRequester;
    if (identity.subject && Matches(filter, *identity.subject)) roles |= kSubject;
    for (const DelegationHop& hop : identity.delegation) {
      if (Matches(filter, hop.actor)) roles |= kDelegate;
    }
  }
  const auto& decision = transition.decision;
  if (decision && decision->decider && Matches(filter, *decision->decider)) roles |= kDecider;
  return roles;
}

bool HasNativeId(const Transition& transition, const std::string& id) {
  if (!transition.routing) return false;
  const auto& ids = transition.routing->native_ids;
  return transition.routing->target_ref == id ||
         std::any_of(ids.begin(), ids.end(), [&](const KeyValue& pair) { return pair.value == id; });
}

bool RanOn(const Transition& transition, const std::string& node) {
  if (!transition.routing) return false;
  const auto& placements = transition.routing->placements;
  return transition.routing->node == node ||
         std::any_of(placements.begin(), placements.end(), [&](const Placement& place) { return place.node == node; });
}

bool NamesTarget(const Execution& execution, const std::string& name) {
  return std::any_of(execution.targets.begin(), execution.targets.end(),
                     [&](const Target& target) { return target.id == name || target.type + ":" + target.id == name; });
}

bool NamesScope(const Scope& scope, const std::string& name) {
  return scope.id == name || (!scope.id.empty() && scope.kind + ":" + scope.id == name);
}

std::string TraceIdOf(const Correlation& correlation) {
  return correlation.traceparent.size() >= 35 ? correlation.traceparent.substr(3, 32) : std::string();
}

bool HasRelation(const RelationMap& relations, const std::vector<Relation>& wanted) {
  return std::any_of(relations.begin(), relations.end(), [&](const auto& of_resource) {
    return std::find(wanted.begin(), wanted.end(), of_resource.second) != wanted.end();
  });
}

bool AsksOfRequested(const QueryRequest& q) {
  return !q.tenant.empty() || q.kind != ExecutionKind::kUnspecified || !q.target.empty() || !q.scope.empty() ||
         !q.request_id.empty() || !q.trace_id.empty() || !q.parent.empty() || q.delegated || q.since || q.until || q.at;
}

}  // namespace

PlaceRule PlaceRuleOf(const QueryRequest& q) {
  if (q.principal) return PlaceRule::kPrincipal;
  if (!q.native_id.empty()) return PlaceRule::kNativeId;
  if (!q.node.empty()) return PlaceRule::kNode;
  if (!q.recorder.empty() && !AsksOfRequested(q)) return PlaceRule::kRecorder;
  return PlaceRule::kRequested;
}

bool Matcher::CanPlace(const Record& record) const {
  switch (rule_) {
    case PlaceRule::kPrincipal:
      return RolesIn(record.transition, *query_.principal) != 0;
    case PlaceRule::kNativeId:
      return HasNativeId(record.transition, query_.native_id);
    case PlaceRule::kNode:
      return RanOn(record.transition, query_.node);
    case PlaceRule::kRecorder:
      return record.recorder.producer == query_.recorder;
    case PlaceRule::kRequested:
      break;
  }
  return record.revision == 0;
}

std::optional<uint64_t> Matcher::PlaceOf(const std::vector<Record>& records) const {
  const auto place = std::find_if(records.begin(), records.end(), [&](const Record& r) { return CanPlace(r); });
  if (place == records.end()) return std::nullopt;
  return place->seq;
}

bool Matcher::RulesOut(const Record& requested) const {
  const QueryRequest& q = query_;
  const Transition& t = requested.transition;
  const Nanos occurred_at = t.occurred_at.value_or(0);
  if (q.since && occurred_at < *q.since) return true;
  if (q.until && occurred_at >= *q.until) return true;
  if (q.at && occurred_at > *q.at) return true;
  if (q.recorded_since && requested.recorded_at < *q.recorded_since) return true;
  if (q.recorded_until && requested.recorded_at >= *q.recorded_until) return true;
  if (!q.tenant.empty() && (!t.identity || t.identity->tenant != q.tenant)) return true;
  if (q.delegated && (!t.identity || t.identity->delegation.empty())) return true;
  if (!q.scope.empty() && (!t.scope || !NamesScope(*t.scope, q.scope))) return true;
  if (!q.request_id.empty() && (!t.correlation || t.correlation->request_id != q.request_id)) return true;
  if (!q.trace_id.empty() && (!t.correlation || TraceIdOf(*t.correlation) != q.trace_id)) return true;
  const bool asks_execution = q.kind != ExecutionKind::kUnspecified || !q.target.empty() || !q.parent.empty();
  if (!asks_execution) return false;
  if (!t.execution) return true;
  if (q.kind != ExecutionKind::kUnspecified && t.execution->kind != q.kind) return true;
  if (!q.parent.empty() && t.execution->parent_envelope_id != q.parent) return true;
  return !q.target.empty() && !NamesTarget(*t.execution, q.target);
}

// What some record must have.
bool Matcher::Carries(const std::vector<Record>& records) const {
  const QueryRequest& q = query_;
  const auto any = [&](auto&& test) { return std::any_of(records.begin(), records.end(), test); };
  if (!q.recorder.empty() && !any([&](const Record& r) { return r.recorder.producer == q.recorder; })) return false;
  if (!q.node.empty() && !any([&](const Record& r) { return RanOn(r.transition, q.node); })) return false;
  return q.native_id.empty() || any([&](const Record& r) { return HasNativeId(r.transition, q.native_id); });
}

std::optional<RoleMask> Matcher::Judge(const std::vector<Record>& all) const {
  const QueryRequest& q = query_;
  if (RulesOut(all.front())) return std::nullopt;
  std::vector<Record> until_then;
  if (q.at) until_then = RecordsAsOf(all, *q.at);
  const std::vector<Record>& records = q.at ? until_then : all;
  RoleMask roles = 0;
  if (q.principal) {
    for (const Record& record : records) roles |= RolesIn(record.transition, *q.principal);
    if ((roles & (q.principal->roles == 0 ? roles : q.principal->roles)) == 0) return std::nullopt;
  }
  if (!Carries(records)) return std::nullopt;
  if (q.stages.empty() && !q.open && !q.narrowed && q.relations.empty()) return roles;
  const Envelope envelope = FoldEnvelope(records);
  if (!q.stages.empty() && std::find(q.stages.begin(), q.stages.end(), envelope.stage) == q.stages.end()) return {};
  if (q.open && IsTerminal(envelope.stage)) return {};
  if (q.narrowed && !HasRelation(envelope.relation, {Relation::kNarrowed, Relation::kWithheld})) return {};
  if (!q.relations.empty() && !HasRelation(envelope.relation, q.relations)) return {};
  return roles;
}

}  // namespace envledger
