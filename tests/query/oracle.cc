#include "tests/query/oracle.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace envledger {
namespace {

// Who holds which role in one record.
std::vector<std::pair<Principal, RoleMask>> RolesIn(const Transition& t) {
  std::vector<std::pair<Principal, RoleMask>> roles;
  if (t.identity) {
    roles.emplace_back(t.identity->requester, kRequester);
    if (t.identity->subject) roles.emplace_back(*t.identity->subject, kSubject);
    for (const DelegationHop& hop : t.identity->delegation) roles.emplace_back(hop.actor, kDelegate);
  }
  if (t.decision && t.decision->decider) roles.emplace_back(*t.decision->decider, kDecider);
  return roles;
}

bool Named(const PrincipalFilter& filter, const Principal& p) {
  return (filter.id.empty() || p.id == filter.id) && (!filter.issuer || p.issuer == *filter.issuer) &&
         (filter.kind == PrincipalKind::kUnspecified || p.kind == filter.kind);
}

bool Involves(const Record& record, const PrincipalFilter& filter) {
  for (const auto& [principal, role] : RolesIn(record.transition)) {
    if (Named(filter, principal)) return true;
  }
  return false;
}

bool HasNativeId(const Record& record, const std::string& id) {
  if (!record.transition.routing) return false;
  for (const KeyValue& pair : record.transition.routing->native_ids) {
    if (pair.value == id) return true;
  }
  return record.transition.routing->target_ref == id;
}

bool IsOnNode(const Record& record, const std::string& node) {
  if (!record.transition.routing) return false;
  for (const Placement& placement : record.transition.routing->placements) {
    if (placement.node == node) return true;
  }
  return record.transition.routing->node == node;
}

// What the filters say of the request itself.
bool RequestPasses(const QueryRequest& q, const Envelope& e) {
  bool in = true;
  const auto must = [&](bool condition) { in = in && condition; };
  if (!q.tenant.empty()) must(e.identity.tenant == q.tenant);
  if (q.kind != ExecutionKind::kUnspecified) must(e.execution.kind == q.kind);
  if (!q.target.empty()) {
    must(std::any_of(e.execution.targets.begin(), e.execution.targets.end(), [&](const Target& target) {
      return target.id == q.target || target.type + ":" + target.id == q.target;
    }));
  }
  if (!q.scope.empty())
    must(e.scope.id == q.scope || (!e.scope.id.empty() && e.scope.kind + ":" + e.scope.id == q.scope));
  if (!q.request_id.empty()) must(e.correlation && e.correlation->request_id == q.request_id);
  if (!q.trace_id.empty()) must(e.correlation && e.correlation->traceparent.find(q.trace_id) == 3);
  if (q.since) must(e.opened_at >= *q.since);
  if (q.until) must(e.opened_at < *q.until);
  if (!q.parent.empty()) must(e.execution.parent_envelope_id == q.parent);
  if (q.delegated) must(!e.identity.delegation.empty());
  return in;
}

// And of where the envelope has come.
bool WhatCameOfItPasses(const QueryRequest& q, const Envelope& e) {
  bool in = true;
  const auto must = [&](bool condition) { in = in && condition; };
  if (!q.stages.empty()) must(std::count(q.stages.begin(), q.stages.end(), e.stage) > 0);
  if (q.open) must(!IsTerminal(e.stage));
  if (q.narrowed) {
    must(std::any_of(e.relation.begin(), e.relation.end(), [](const auto& relation) {
      return relation.second == Relation::kNarrowed || relation.second == Relation::kWithheld;
    }));
  }
  if (!q.relations.empty()) {
    must(std::any_of(e.relation.begin(), e.relation.end(), [&](const auto& relation) {
      return std::count(q.relations.begin(), q.relations.end(), relation.second) > 0;
    }));
  }
  return in;
}

// And of its records, as far as they had happened.
bool RecordsPass(const QueryRequest& q, const std::vector<Record>& happened) {
  bool in = true;
  const auto must = [&](bool condition) { in = in && condition; };
  const auto had = [&](const auto& test) { return std::any_of(happened.begin(), happened.end(), test); };
  if (q.recorded_since) must(happened.front().recorded_at >= *q.recorded_since);
  if (q.recorded_until) must(happened.front().recorded_at < *q.recorded_until);
  if (!q.recorder.empty()) must(had([&](const Record& r) { return r.recorder.producer == q.recorder; }));
  if (!q.native_id.empty()) must(had([&](const Record& r) { return HasNativeId(r, q.native_id); }));
  if (!q.node.empty()) must(had([&](const Record& r) { return IsOnNode(r, q.node); }));
  return in;
}

// The place of an envelope that passes, by all its records, as protocol.fbs says.
uint64_t PlaceOf(const QueryRequest& q, const std::vector<Record>& records) {
  const auto first_with = [&](const auto& test) { return std::find_if(records.begin(), records.end(), test)->seq; };
  const bool of_requested = !q.tenant.empty() || q.kind != ExecutionKind::kUnspecified || !q.target.empty() ||
                            !q.scope.empty() || !q.request_id.empty() || !q.trace_id.empty() || !q.parent.empty() ||
                            q.delegated || q.since || q.until || q.at;
  if (q.principal) return first_with([&](const Record& r) { return Involves(r, *q.principal); });
  if (!q.native_id.empty()) return first_with([&](const Record& r) { return HasNativeId(r, q.native_id); });
  if (!q.node.empty()) return first_with([&](const Record& r) { return IsOnNode(r, q.node); });
  if (!q.recorder.empty() && !of_requested) {
    return first_with([&](const Record& r) { return r.recorder.producer == q.recorder; });
  }
  return records.front().seq;
}

}  // namespace

Oracle::Oracle(const std::vector<std::string>& entries) {
  std::map<std::string, size_t> places;
  for (const std::string& bytes : entries) {
    auto record = DecodeRecord(bytes);
    if (!record.ok()) continue;  // an event
    const auto [place, fresh] = places.emplace(record->transition.envelope_id, envelopes_.size());
    if (fresh) envelopes_.emplace_back();
    envelopes_[place->second].records.push_back(*std::move(record));
    envelopes_[place->second].entries.push_back(bytes);
  }
  for (Stored& stored : envelopes_) stored.now = FoldEnvelope(stored.records);
}

const Oracle::Stored& Oracle::Find(const std::string& envelope_id) const {
  return *std::find_if(envelopes_.begin(), envelopes_.end(),
                       [&](const Stored& stored) { return stored.now.envelope_id == envelope_id; });
}

const std::vector<std::string>& Oracle::EntriesOf(const std::string& envelope_id) const {
  return Find(envelope_id).entries;
}

RoleMask Oracle::RolesOf(const std::string& envelope_id, const PrincipalFilter& filter, std::optional<Nanos> at) const {
  RoleMask held = 0;
  for (const Record& record : Find(envelope_id).records) {
    if (at && *record.transition.occurred_at > *at) continue;
    for (const auto& [principal, role] : RolesIn(record.transition)) {
      if (Named(filter, principal)) held = static_cast<RoleMask>(held | role);
    }
  }
  return held;
}

std::vector<std::string> Oracle::Query(const QueryRequest& q) const {
  std::map<uint64_t, std::string> found;
  for (const Stored& stored : envelopes_) {
    std::vector<Record> happened;
    for (const Record& record : stored.records) {
      if (!q.at || *record.transition.occurred_at <= *q.at) happened.push_back(record);
    }
    if (happened.empty() || happened.front().revision != 0) continue;
    const Envelope e = FoldEnvelope(happened);
    if (q.principal) {
      const RoleMask roles = RolesOf(e.envelope_id, *q.principal, q.at);
      if (q.principal->roles == 0 ? roles == 0 : (roles & q.principal->roles) == 0) continue;
    }
    if (RequestPasses(q, e) && WhatCameOfItPasses(q, e) && RecordsPass(q, happened)) {
      found.emplace(PlaceOf(q, stored.records), e.envelope_id);
    }
  }
  std::vector<std::string> ids;
  for (const auto& [place, id] : found) ids.push_back(id);
  if (q.descending) std::reverse(ids.begin(), ids.end());
  return ids;
}

std::vector<PrincipalSummary> Oracle::Principals(const PrincipalFilter& filter) const {
  struct Key {
    std::string id;
    PrincipalKind kind;
    std::string issuer;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, PrincipalSummary> all;
  for (const Stored& stored : envelopes_) {
    std::map<Key, RoleMask> held;
    for (const Record& record : stored.records) {
      std::map<Key, RoleMask> added;
      for (const auto& [principal, role] : RolesIn(record.transition)) {
        const Key key{principal.id, principal.kind, principal.issuer};
        if ((held[key] & role) == 0) added[key] = static_cast<RoleMask>(added[key] | role);
      }
      for (const auto& [key, roles] : added) {
        PrincipalSummary& summary = all[key];
        const Nanos at = record.transition.occurred_at.value_or(0);
        if (summary.links == 0) summary.first_seen = summary.last_seen = at;
        summary.first_seen = std::min(summary.first_seen, at);
        summary.last_seen = std::max(summary.last_seen, at);
        summary.principal = {key.kind, key.issuer, key.id};
        ++summary.links;
        summary.envelopes += held[key] == 0 ? 1 : 0;
        for (size_t role = 0; role < kRoleCount; ++role) summary.by_role[role] += roles >> role & 1;
        held[key] = static_cast<RoleMask>(held[key] | roles);
      }
    }
  }
  std::vector<PrincipalSummary> list;
  for (const auto& [key, summary] : all) {
    if (!Named(filter, summary.principal)) continue;
    bool in_role = filter.roles == 0;
    for (size_t role = 0; role < kRoleCount; ++role) {
      in_role = in_role || ((filter.roles >> role & 1) != 0 && summary.by_role[role] > 0);
    }
    if (in_role) list.push_back(summary);
  }
  return list;
}

}  // namespace envledger
