#include "ledger/export/csv_rows.h"

#include "ledger/base/message.h"
#include "ledger/codec/quantity.h"
#include "ledger/codec/transition.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

std::string ExactAmount(const Resource& resource) {
  std::vector<std::string> parts;
  if (resource.amount) parts.push_back(FormatQuantity(*resource.amount));
  if (resource.min) parts.push_back(">=" + FormatQuantity(*resource.min));
  if (resource.max) parts.push_back("<=" + FormatQuantity(*resource.max));
  std::string text = Joined(parts, ",");
  if (resource.per == Per::kUnit) text += "/" + (resource.unit_of.empty() ? "unit" : resource.unit_of);
  return text;
}

void AddPrincipal(std::vector<std::string>& fields, const std::optional<Principal>& principal) {
  fields.emplace_back(principal ? Name(principal->kind) : "");
  fields.push_back(principal ? principal->issuer : "");
  fields.push_back(principal ? principal->id : "");
}

void AddAsk(std::vector<std::string>& fields, const Envelope& envelope) {
  AddPrincipal(fields, envelope.identity.requester);
  AddPrincipal(fields, envelope.identity.subject);
  const Execution& execution = envelope.execution;
  std::vector<std::string> targets;
  for (const Target& target : execution.targets) targets.push_back(TargetText(target));
  const bool stated = execution.action != Action::kUnspecified;
  for (const std::string& field : {envelope.identity.tenant, std::string(Name(execution.kind)), execution.operation,
                                   stated ? std::string(Name(execution.action)) : std::string(), Joined(targets, "; "),
                                   ScopeText(envelope.scope)}) {
    fields.push_back(field);
  }
}

void AddDecision(std::vector<std::string>& fields, const std::optional<Decision>& stated) {
  const Decision decision = stated.value_or(Decision{});
  fields.emplace_back(decision.effect == Effect::kUnspecified ? "" : Name(decision.effect));
  fields.push_back(Joined(decision.reasons, "; "));
  fields.push_back(decision.policy ? decision.policy->id : "");
  fields.push_back(decision.policy ? decision.policy->version : "");
  AddPrincipal(fields, decision.decider);
}

void AddGrant(std::vector<std::string>& fields, const Transition& transition) {
  const Granted granted = transition.granted.value_or(Granted{});
  fields.push_back(ExactResources(granted.resources));
  fields.push_back(Joined(granted.scopes, "; "));
  fields.push_back(granted.grant_id);
  fields.push_back(granted.expires_at ? FormatTime(*granted.expires_at) : "");
  const Routing routing = transition.routing.value_or(Routing{});
  std::vector<std::string> nodes;
  if (!routing.node.empty()) nodes.push_back(routing.node);
  for (const Placement& placement : routing.placements) nodes.push_back(placement.node);
  fields.push_back(routing.backend);
  fields.push_back(routing.cluster);
  fields.push_back(Joined(nodes, "; "));
}

}  // namespace

std::string ExactResources(const ResourceMap& resources) {
  std::vector<std::string> parts;
  parts.reserve(resources.size());
  for (const Resource& resource : resources) parts.push_back(resource.name + "=" + ExactAmount(resource));
  return Joined(parts, "; ");
}

const std::vector<std::string>& EnvelopeTitles() {
  static const std::vector<std::string> kTitles = {
      "envelope_id",    "stage",        "opened_at",      "updated_at", "requester_kind", "requester_issuer",
      "requester_id",   "subject_kind", "subject_issuer", "subject_id", "tenant",         "role",
      "execution_kind", "operation",    "targets",        "scope",      "requested",      "granted",
      "relation",       "effect",       "reasons",        "policy",     "decider",        "outcome_code",
      "outcome_reason", "used",         "first_seq",      "last_seq",   "revisions"};
  return kTitles;
}

std::vector<std::string> EnvelopeFields(const Envelope& envelope, RoleMask roles) {
  const Execution& execution = envelope.execution;
  const Decision decision = envelope.decision.value_or(Decision{});
  const Outcome outcome = envelope.outcome.value_or(Outcome{});
  std::vector<std::string> targets;
  for (const Target& target : execution.targets) targets.push_back(TargetText(target));
  std::vector<std::string> relation;
  for (const auto& [name, of_it] : envelope.relation) relation.push_back(name + "=" + std::string(Name(of_it)));

  std::vector<std::string> fields = {envelope.envelope_id, std::string(Name(envelope.stage)),
                                     FormatTime(envelope.opened_at), FormatTime(envelope.updated_at)};
  AddPrincipal(fields, envelope.identity.requester);
  AddPrincipal(fields, envelope.identity.subject);
  const std::vector<std::string> rest = {
      envelope.identity.tenant,
      RoleNames(roles),
      std::string(Name(execution.kind)),
      execution.operation,
      Joined(targets, "; "),
      ScopeText(envelope.scope),
      ExactResources(envelope.requested),
      envelope.granted ? ExactResources(envelope.granted->resources) : "",
      Joined(relation, "; "),
      decision.effect == Effect::kUnspecified ? "" : std::string(Name(decision.effect)),
      Joined(decision.reasons, "; "),
      decision.policy ? decision.policy->id : "",
      decision.decider ? PrincipalText(*decision.decider) : "",
      outcome.code,
      outcome.reason,
      ExactResources(outcome.usage),
      std::to_string(envelope.first_seq),
      std::to_string(envelope.last_seq),
      std::to_string(envelope.revisions),
  };
  fields.insert(fields.end(), rest.begin(), rest.end());
  return fields;
}

const std::vector<std::string>& RecordTitles() {
  static const std::vector<std::string> kTitles = {"seq",
                                                   "envelope_id",
                                                   "revision",
                                                   "stage",
                                                   "occurred_at",
                                                   "recorded_at",
                                                   "producer",
                                                   "recorder_uid",
                                                   "leaf_hash",
                                                   "requester_kind",
                                                   "requester_issuer",
                                                   "requester_id",
                                                   "subject_kind",
                                                   "subject_issuer",
                                                   "subject_id",
                                                   "tenant",
                                                   "execution_kind",
                                                   "operation",
                                                   "action",
                                                   "targets",
                                                   "scope",
                                                   "requested",
                                                   "effect",
                                                   "reasons",
                                                   "policy_id",
                                                   "policy_version",
                                                   "decider_kind",
                                                   "decider_issuer",
                                                   "decider_id",
                                                   "granted",
                                                   "granted_scopes",
                                                   "grant_id",
                                                   "grant_expires_at",
                                                   "backend",
                                                   "cluster",
                                                   "nodes",
                                                   "outcome_code",
                                                   "outcome_reason",
                                                   "used",
                                                   "reason",
                                                   "note",
                                                   "request_id",
                                                   "traceparent"};
  return kTitles;
}

std::vector<std::string> RecordFields(const RecordInContext& of) {
  const Record& record = of.record;
  const Transition& transition = record.transition;
  std::vector<std::string> fields = {std::to_string(record.seq),
                                     transition.envelope_id,
                                     std::to_string(record.revision),
                                     std::string(Name(transition.stage)),
                                     FormatTime(transition.occurred_at.value_or(0)),
                                     FormatTime(record.recorded_at),
                                     record.recorder.producer,
                                     std::to_string(record.recorder.uid),
                                     Hex(View(of.leaf_hash))};
  AddAsk(fields, of.envelope);
  fields.push_back(transition.requested ? ExactResources(*transition.requested) : "");
  AddDecision(fields, transition.decision);
  AddGrant(fields, transition);
  const Outcome outcome = transition.outcome.value_or(Outcome{});
  const Correlation correlation = of.envelope.correlation.value_or(Correlation{});
  for (const std::string& field : {outcome.code, outcome.reason, ExactResources(outcome.usage), transition.reason,
                                   transition.note, correlation.request_id, correlation.traceparent}) {
    fields.push_back(field);
  }
  return fields;
}

}  // namespace envledger
