#include "ledger/export/envelope_json.h"

#include "ledger/codec/json.h"

namespace envledger {
namespace {

std::string PrincipalOrNull(const std::optional<Principal>& principal) {
  return principal ? PrincipalJson(*principal) : "null";
}

std::string MapJson(const std::vector<KeyValue>& map) {
  JsonObject json;
  for (const KeyValue& pair : map) json.Text(pair.key, pair.value);
  return json.str();
}

std::string ExecutionJson(const Execution& execution) {
  std::vector<std::string> targets;
  for (const Target& target : execution.targets) {
    JsonObject json;
    json.TextIfAny("type", target.type).TextIfAny("id", target.id).TextIfAny("version", target.version);
    targets.push_back(json.TextIfAny("digest", target.digest).str());
  }
  JsonObject json;
  json.Text("kind", Name(execution.kind)).TextIfAny("kind_detail", execution.kind_detail);
  return json.TextOrNull("operation", execution.operation).Raw("targets", JsonArray(targets)).str();
}

std::string ScopeJson(const Scope& scope) {
  JsonObject json;
  json.Text("kind", scope.kind).TextIfAny("id", scope.id).TextIfAny("role", scope.role);
  json.Text("binding", Name(scope.binding));
  if (!scope.requested_scopes.empty()) json.Raw("requested_scopes", JsonStrings(scope.requested_scopes));
  json.TextIfAny("classification", scope.classification)
      .TextIfAny("purpose", scope.purpose)
      .TextIfAny("residency", scope.residency);
  if (!scope.hints.empty()) json.Raw("hints", MapJson(scope.hints));
  return json.str();
}

std::string GrantedJson(const Granted& granted) {
  JsonObject json;
  json.Raw("resources", ResourcesJson(granted.resources));
  if (!granted.scopes.empty()) json.Raw("scopes", JsonStrings(granted.scopes));
  json.TextIfAny("grant_id", granted.grant_id);
  if (granted.not_before) json.Text("not_before", FormatTime(*granted.not_before));
  if (granted.expires_at) json.Text("expires_at", FormatTime(*granted.expires_at));
  if (granted.charge_to) json.Raw("charge_to", PrincipalJson(*granted.charge_to));
  return json.TextIfAny("reason", granted.reason).str();
}

std::string DecisionJson(const Decision& decision) {
  JsonObject json;
  json.TextOrNull("effect", decision.effect == Effect::kUnspecified ? "" : Name(decision.effect));
  json.Raw("reasons", JsonStrings(decision.reasons));
  if (decision.policy) {
    JsonObject policy;
    policy.TextIfAny("id", decision.policy->id).TextIfAny("version", decision.policy->version);
    json.Raw("policy", policy.TextIfAny("digest", decision.policy->digest).str());
  } else {
    json.Raw("policy", "null");
  }
  return json.Raw("decider", PrincipalOrNull(decision.decider)).str();
}

std::string RoutingJson(const Routing& routing) {
  JsonObject json;
  json.TextIfAny("backend", routing.backend).TextIfAny("cluster", routing.cluster).TextIfAny("node", routing.node);
  if (!routing.devices.empty()) json.Raw("devices", JsonStrings(routing.devices));
  if (!routing.placements.empty()) {
    std::vector<std::string> placements;
    for (const Placement& placement : routing.placements) {
      JsonObject one;
      one.TextIfAny("node", placement.node);
      if (!placement.devices.empty()) one.Raw("devices", JsonStrings(placement.devices));
      placements.push_back(one.str());
    }
    json.Raw("placements", JsonArray(placements));
  }
  json.TextIfAny("target_ref", routing.target_ref);
  if (!routing.native_ids.empty()) json.Raw("native_ids", MapJson(routing.native_ids));
  return json.str();
}

std::string OutcomeJson(const Outcome& outcome) {
  JsonObject json;
  json.TextIfAny("code", outcome.code).TextIfAny("reason", outcome.reason);
  if (!outcome.usage.empty()) json.Raw("usage", ResourcesJson(outcome.usage));
  json.TextIfAny("result_digest", outcome.result_digest);
  if (outcome.started_at) json.Text("started_at", FormatTime(*outcome.started_at));
  if (outcome.ended_at) json.Text("ended_at", FormatTime(*outcome.ended_at));
  return json.str();
}

std::string RelationJson(const RelationMap& relation) {
  JsonObject json;
  for (const auto& [resource, of_it] : relation) json.Text(resource, Name(of_it));
  return json.str();
}

}  // namespace

void AddEnvelope(JsonObject& json, const Envelope& envelope, RoleMask roles) {
  json.Text("envelope_id", envelope.envelope_id)
      .Text("stage", Name(envelope.stage))
      .Text("opened_at", FormatTime(envelope.opened_at))
      .Text("updated_at", FormatTime(envelope.updated_at))
      .Raw("requester", PrincipalJson(envelope.identity.requester))
      .Raw("subject", PrincipalOrNull(envelope.identity.subject))
      .TextOrNull("tenant", envelope.identity.tenant)
      .TextOrNull("role", RoleNames(roles))
      .Raw("execution", ExecutionJson(envelope.execution))
      .Raw("scope", ScopeJson(envelope.scope))
      .Raw("requested", ResourcesJson(envelope.requested))
      .Raw("granted", envelope.granted ? GrantedJson(*envelope.granted) : "null")
      .Raw("relation", RelationJson(envelope.relation))
      .Raw("decision", envelope.decision ? DecisionJson(*envelope.decision) : "null")
      .Raw("routing", envelope.routing ? RoutingJson(*envelope.routing) : "null")
      .Raw("outcome", envelope.outcome ? OutcomeJson(*envelope.outcome) : "null")
      .Number("first_seq", envelope.first_seq)
      .Number("last_seq", envelope.last_seq)
      .Number("revisions", envelope.revisions);
}

std::string EnvelopeJson(const Envelope& envelope, RoleMask roles) {
  JsonObject json;
  AddEnvelope(json, envelope, roles);
  return json.str();
}

std::string RecorderJson(const Recorder& recorder) {
  JsonObject json;
  json.Number("uid", recorder.uid).Number("gid", recorder.gid).Number("pid", recorder.pid);
  return json.TextOrNull("producer", recorder.producer).str();
}

std::string RoleCountsJson(const std::array<uint64_t, kRoleCount>& by_role) {
  JsonObject json;
  for (int i = 0; i < kRoleCount; ++i) {
    const uint64_t count = by_role[static_cast<size_t>(i)];
    if (count > 0) json.Number(RoleName(static_cast<RoleMask>(1 << i)), count);
  }
  return json.str();
}

}  // namespace envledger
