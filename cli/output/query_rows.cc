#include "cli/output/query_rows.h"

#include "ledger/codec/quantity.h"
#include "ledger/text/safe_text.h"

namespace envledger::cli {
namespace {

std::string OrDash(const std::string& text) { return text.empty() ? "-" : SafeText(text); }

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

}  // namespace

ListingShape QueryShape() {
  return {
      .rows_name = "envelopes",
      .csv_titles =
          {"envelope_id",    "stage",        "opened_at",      "updated_at", "requester_kind", "requester_issuer",
           "requester_id",   "subject_kind", "subject_issuer", "subject_id", "tenant",         "role",
           "execution_kind", "operation",    "targets",        "scope",      "requested",      "granted",
           "relation",       "effect",       "reasons",        "policy",     "decider",        "outcome_code",
           "outcome_reason", "used",         "first_seq",      "last_seq",   "revisions"},
      .columns = {{.title = "WHEN (UTC)", .least = 19},
                  {.title = "STAGE", .least = 9},
                  {.title = "WHO", .least = 16},
                  {.title = "WHAT", .least = 20},
                  {.title = "SCOPE", .least = 12, .fold = 1},
                  {.title = "REQUESTED", .least = 16, .fold = 1},
                  {.title = "GRANTED", .least = 16, .fold = 1},
                  {.title = "RELATION", .least = 16, .fold = 2},
                  {.title = "ENVELOPE", .least = 36, .fold = 2, .whole = true}},
  };
}

Cells QueryCells(const Envelope& envelope, const NameBook& names) {
  const RelationWords relation = SummaryOf(envelope);
  std::string granted = "-";  // never granted
  if (envelope.granted)
    granted = envelope.granted->resources.empty() ? "nothing stated" : ResourcesText(envelope.granted->resources);
  return {
      {ShortTime(envelope.opened_at)},
      {std::string(Name(envelope.stage)), ColorOf(envelope.stage)},
      {SafeText(WhoText(envelope, names))},
      {SafeText(WhatText(envelope.execution))},
      {OrDash(ScopeText(envelope.scope))},
      {OrDash(ResourcesText(envelope.requested))},
      {SafeText(granted)},
      {OrDash(relation.text), ColorOf(relation.worst)},
      {SafeText(envelope.envelope_id), Color::kDim},
  };
}

std::string ExactResources(const ResourceMap& resources) {
  std::vector<std::string> parts;
  parts.reserve(resources.size());
  for (const Resource& resource : resources) parts.push_back(resource.name + "=" + ExactAmount(resource));
  return Joined(parts, "; ");
}

std::vector<std::string> QueryFields(const Story& story) {
  const Envelope& envelope = story.envelope;
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
      RoleNames(story.roles),
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

}  // namespace envledger::cli
