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

uint32_t BitOf(Relation relation) { return uint32_t{1} << static_cast<unsigned>(relation); }

uint32_t BitsOf(const std::vector<Relation>& relations) {
  uint32_t bits = 0;
  for (const Relation relation : relations) bits |= BitOf(relation);
  return bits;
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

std::optional<RoleMask> Matcher::Judge(const std::vector<Record>& records) const {
  EnvelopeJudge judge(*this);
  for (const Record& record : records) judge.Add(record);
  return judge.Verdict();
}

bool EnvelopeJudge::AsksRelation() const { return matcher_->query_.narrowed || !matcher_->query_.relations.empty(); }

void EnvelopeJudge::Add(const Record& record) {
  const QueryRequest& q = matcher_->query_;
  const Transition& t = record.transition;
  if (records_++ == 0) {
    ruled_out_ = matcher_->RulesOut(record);
    if (!ruled_out_ && AsksRelation()) requested_ = t.requested.value_or(ResourceMap{});
  }
  if (!place_ && matcher_->CanPlace(record)) place_ = record.seq;
  if (ruled_out_ || (q.at && t.occurred_at.value_or(0) > *q.at)) return;
  if (q.principal) roles_ |= RolesIn(t, *q.principal);
  Note(record.recorder.producer == q.recorder, kRecorder);
  Note(!q.node.empty() && RanOn(t, q.node), kNode);
  Note(!q.native_id.empty() && HasNativeId(t, q.native_id), kNativeId);
  if (t.stage != Stage::kAnnotated) stage_ = t.stage;
  if (!t.granted || !AsksRelation()) return;
  relations_ = 0;
  for (const auto& [resource, relation] : RelationOf(requested_, t.granted->resources)) relations_ |= BitOf(relation);
}

void EnvelopeJudge::GoOn(const JudgedPart& part) {
  records_ = part.records;
  place_ = part.place;
  found_ = part.found;
  roles_ = part.roles;
  stage_ = part.stage;
  relations_ = part.relations;
}

std::optional<RoleMask> EnvelopeJudge::Verdict() const {
  const QueryRequest& q = matcher_->query_;
  if (records_ == 0 || ruled_out_) return std::nullopt;
  if (q.principal && (roles_ & (q.principal->roles == 0 ? roles_ : q.principal->roles)) == 0) return std::nullopt;
  if (!q.recorder.empty() && !Has(kRecorder)) return std::nullopt;
  if (!q.node.empty() && !Has(kNode)) return std::nullopt;
  if (!q.native_id.empty() && !Has(kNativeId)) return std::nullopt;
  if (!q.stages.empty() && std::find(q.stages.begin(), q.stages.end(), stage_) == q.stages.end()) return std::nullopt;
  if (q.open && IsTerminal(stage_)) return std::nullopt;
  if (q.narrowed && (relations_ & (BitOf(Relation::kNarrowed) | BitOf(Relation::kWithheld))) == 0) return std::nullopt;
  if (!q.relations.empty() && (relations_ & BitsOf(q.relations)) == 0) return std::nullopt;
  return roles_;
}

size_t EnvelopeJudge::MemoryBytes() const {
  size_t bytes = sizeof *this + requested_.capacity() * sizeof(Resource);
  for (const Resource& resource : requested_)
    bytes += resource.name.size() + resource.unit_of.size() + resource.selector.size();
  return bytes;
}

}  // namespace envledger
