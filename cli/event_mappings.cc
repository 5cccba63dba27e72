// The record formats that are the project's own (csv, jsonl) and CloudEvents. In CloudEvents the transition goes into
// `data` whole, and only what routes or sorts an event becomes an attribute; control characters, which the standard
// forbids in attributes, are written out there and stay exact in `data`.
#include "cli/event_mappings.h"

#include "cli/output/query_rows.h"
#include "ledger/codec/json.h"
#include "ledger/export/envelope_json.h"
#include "ledger/text/json_object.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

Nanos OccurredAt(const Record& record) { return record.transition.occurred_at.value_or(0); }

// Requires that `sequence` sorts as text.
std::string Padded(uint64_t seq) {
  std::string text = std::to_string(seq);
  return std::string(20 - text.size(), '0') + text;
}

// The extension authcontext knows these words.
std::string_view AuthType(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kUser:
      return "user";
    case PrincipalKind::kSystem:
      return "system";
    case PrincipalKind::kService:
    case PrincipalKind::kAgent:
    case PrincipalKind::kWorkload:
    case PrincipalKind::kJob:
    case PrincipalKind::kRole:
      return "service_account";
    default:
      return {};
  }
}

void AddCommon(JsonObject& json, std::string_view origin, uint64_t seq, const std::string& type) {
  const std::string source = UriReference(origin);
  json.Text("specversion", "1.0").Text("id", source + "/" + std::to_string(seq)).Text("source", source);
  json.Text("type", type);
}

void AddLedger(JsonObject& json, uint64_t seq, Nanos recorded_at, const Hash& leaf_hash) {
  json.Text("recordedtime", FormatTime(recorded_at))
      .Text("sequence", Padded(seq))
      .Text("ledgerseq", std::to_string(seq))
      .Text("leafhash", Hex(View(leaf_hash)));
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

std::string UriReference(std::string_view origin) {
  std::string text;
  for (const char c : origin) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      text += c;
    } else {
      text += '%' + Hex(std::string_view(&c, 1));
    }
  }
  return text;
}

std::string RecordLine(const RecordInContext& of) {
  const Record& record = of.record;
  JsonObject json;
  json.Number("seq", record.seq)
      .Text("recorded_at", FormatTime(record.recorded_at))
      .Raw("recorder", RecorderJson(record.recorder))
      .Text("leaf_hash", Hex(View(of.leaf_hash)))
      .Number("revision", record.revision)
      .Raw("transition", TransitionJson(record.transition));
  return json.str();
}

std::string EventLine(const EntryView& entry, const Hash& leaf_hash) {
  JsonObject json;
  json.Number("seq", entry.header.seq)
      .Text("recorded_at", FormatTime(entry.header.recorded_at))
      .Raw("recorder", RecorderJson(entry.header.recorder))
      .Text("leaf_hash", Hex(View(leaf_hash)))
      .Raw("event", LedgerEventJson(*entry.event));
  return json.str();
}

std::string CloudEventLine(const RecordInContext& of) {
  const Record& record = of.record;
  const Principal& requester = of.envelope.identity.requester;
  JsonObject json;
  AddCommon(json, of.origin, record.seq, "org.envledger.transition." + std::string(Name(record.transition.stage)));
  json.Text("subject", record.transition.envelope_id)
      .Text("time", FormatTime(OccurredAt(record)))
      .Text("datacontenttype", "application/json");
  AddLedger(json, record.seq, record.recorded_at, of.leaf_hash);
  if (const std::string_view type = AuthType(requester.kind); !type.empty()) {
    json.Text("authtype", type).Text("authid", SafeText(requester.id));
  }
  if (of.envelope.correlation) json.TextIfAny("traceparent", of.envelope.correlation->traceparent);
  return json.Raw("data", TransitionJson(record.transition)).str();
}

std::string EventCloudEventLine(std::string_view origin, const EntryView& entry, const Hash& leaf_hash) {
  const EntryHeader& header = entry.header;
  JsonObject json;
  AddCommon(json, origin, header.seq, "org.envledger.event." + std::string(EventName(*entry.event)));
  json.Text("time", FormatTime(header.recorded_at)).Text("datacontenttype", "application/json");
  AddLedger(json, header.seq, header.recorded_at, leaf_hash);
  return json.Raw("data", LedgerEventJson(*entry.event)).str();
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
  std::vector<std::string> fields = {std::to_string(record.seq),      transition.envelope_id,
                                     std::to_string(record.revision), std::string(Name(transition.stage)),
                                     FormatTime(OccurredAt(record)),  FormatTime(record.recorded_at),
                                     record.recorder.producer,        std::to_string(record.recorder.uid),
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

}  // namespace envledger::cli
