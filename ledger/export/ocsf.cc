// A record as an OCSF API Activity event (class 6003, schema 1.2.0; later 1.x versions only add to what is used here).
//
// The event describes the API call of the envelope and its progress with this record. The caller, the operation and the
// source are therefore those of the `requested` record, while time, status and severity are the record's own. Data
// without a field in the class goes to `unmapped`, so that nothing of the transition is lost.
#include <algorithm>
#include <array>

#include "ledger/base/message.h"
#include "ledger/codec/json.h"
#include "ledger/export/envelope_json.h"
#include "ledger/export/event_mappings.h"
#include "ledger/json/writer.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

constexpr uint64_t kClass = 6003;
constexpr Nanos kMillisecond = 1'000'000;

struct Coded {
  uint64_t id;
  std::string_view caption;
};

Coded ActivityOf(Action action) {
  switch (action) {
    case Action::kCreate:
      return {1, "Create"};
    case Action::kRead:
      return {2, "Read"};
    case Action::kUpdate:
      return {3, "Update"};
    case Action::kDelete:
      return {4, "Delete"};
    case Action::kExecute:
      return {99, "Execute"};
    case Action::kConnect:
      return {99, "Connect"};
    case Action::kUnspecified:
      break;
  }
  return {0, "Unknown"};
}

Coded StatusOf(Stage stage) {
  if (stage == Stage::kCompleted) return {1, "Success"};
  if (IsTerminal(stage)) return {2, "Failure"};
  return {99, Name(stage)};
}

Coded SeverityOf(Stage stage) {
  switch (stage) {
    case Stage::kDenied:
    case Stage::kRevoked:
    case Stage::kLost:
      return {3, "Medium"};
    case Stage::kRejected:
    case Stage::kFailed:
    case Stage::kCancelled:
    case Stage::kExpired:
      return {2, "Low"};
    default:
      return {1, "Informational"};
  }
}

// In whole milliseconds, rounded down. Times are never negative.
std::string Milliseconds(Nanos time) { return std::to_string(time / kMillisecond); }

bool IsMachine(PrincipalKind kind) { return kind != PrincipalKind::kUser && kind != PrincipalKind::kAnonymous; }

std::string UserJson(const Principal& principal, const Identity& identity) {
  JsonObject json;
  json.Text("name", principal.id).Text("uid", principal.id).TextIfAny("domain", principal.issuer);
  json.Text("type", Name(principal.kind));
  json.Number("type_id", principal.kind == PrincipalKind::kUser     ? 1
                         : principal.kind == PrincipalKind::kSystem ? 3
                                                                    : 99);
  const bool caller = principal == identity.requester;
  if (caller && !identity.groups.empty()) {
    std::vector<std::string> groups;
    for (const std::string& group : identity.groups) groups.push_back(JsonObject().Text("name", group).str());
    json.Raw("groups", JsonArray(groups));
  }
  return json.str();
}

// user: on whose behalf; app: the caller that acts for the user.
std::string ActorJson(const Identity& identity) {
  const Principal& requester = identity.requester;
  JsonObject json;
  json.Raw("user", UserJson(identity.subject.value_or(requester), identity));
  const Principal* app = nullptr;
  if (identity.subject || IsMachine(requester.kind)) app = &requester;
  if (app == nullptr && !identity.delegation.empty()) app = &identity.delegation.back().actor;
  if (app != nullptr) json.Text("app_name", app->id).Text("app_uid", FullPrincipalText(*app));
  if (identity.authentication) {
    const Authentication& authentication = *identity.authentication;
    JsonObject session;
    session.TextIfAny("uid", authentication.session_id)
        .TextIfAny("credential_uid", authentication.credential_id)
        .TextIfAny("issuer", requester.issuer);
    json.Raw("session", session.str());
  }
  return json.str();
}

std::string ApiJson(const RecordInContext& of) {
  const Envelope& envelope = of.envelope;
  const std::string& operation = envelope.execution.operation;
  const bool has_request_id = envelope.correlation && !envelope.correlation->request_id.empty();
  JsonObject json;
  json.Text("operation", operation.empty() ? Name(envelope.execution.kind) : std::string_view(operation));
  json.Raw("request",
           JsonObject().Text("uid", has_request_id ? envelope.correlation->request_id : envelope.envelope_id).str());
  if (!of.record.recorder.producer.empty()) {
    json.Raw("service", JsonObject().Text("name", of.record.recorder.producer).str());
  }
  return json.str();
}

// Accepts dotted IPv4 and anything with two colons: enough to distinguish an address from a name.
bool LooksLikeIp(const std::string& text) {
  const auto only = [&](std::string_view allowed) {
    return !text.empty() && text.find_first_not_of(allowed) == std::string::npos;
  };
  if (std::count(text.begin(), text.end(), ':') >= 2) return only("0123456789abcdefABCDEF:.");
  return std::count(text.begin(), text.end(), '.') == 3 && only("0123456789.");
}

std::string EndpointJson(const Identity& identity) {
  const Source source = identity.source.value_or(Source{});
  JsonObject json;
  json.TextIfAny("svc_name", source.service);
  if (!source.address.empty()) json.Text(LooksLikeIp(source.address) ? "ip" : "name", source.address);
  if (json.empty()) json.Text("name", "unknown");  // the class requires at least one of them
  return json.str();
}

std::string ResourcesOf(const Envelope& envelope) {
  std::vector<std::string> resources;
  for (const Target& target : envelope.execution.targets) {
    JsonObject json;
    json.Text("name", TargetText(target)).Text("uid", target.id.empty() ? target.digest : target.id);
    json.TextIfAny("type", target.type).TextIfAny("version", target.version);
    if (!target.digest.empty()) json.Raw("data", JsonObject().Text("digest", target.digest).str());
    resources.push_back(json.str());
  }
  return JsonArray(resources);
}

std::string MetadataJson(const RecordInContext& of) {
  const Record& record = of.record;
  JsonObject product;
  product.Text("name", "envledger").Text("vendor_name", "envledger").Text("version", ENVLEDGER_VERSION);
  JsonObject json;
  json.Text("version", "1.2.0")
      .Raw("product", product.str())
      .Text("uid", Hex(View(of.leaf_hash)))
      .Text("event_code", Name(record.transition.stage))
      .Text("correlation_uid", of.envelope.envelope_id)
      .TextIfAny("tenant_uid", of.envelope.identity.tenant)
      .Text("log_name", of.origin)
      .TextIfAny("log_provider", record.recorder.producer)
      .Raw("logged_time", Milliseconds(record.recorded_at))
      .Text("original_time", FormatTime(record.transition.occurred_at.value_or(0)))
      .Number("sequence", record.seq);
  return json.str();
}

std::string UnmappedJson(const RecordInContext& of) {
  const Envelope& envelope = of.envelope;
  const Record& record = of.record;
  JsonObject json;
  json.Number("ledger_seq", record.seq)
      .Number("revision", record.revision)
      .Text("recorded_at", FormatTime(record.recorded_at))
      .Raw("recorder", RecorderJson(record.recorder))
      .Raw("requester", PrincipalJson(envelope.identity.requester))
      .Text("execution_kind", Name(envelope.execution.kind))
      .TextIfAny("scope", ScopeText(envelope.scope));
  if (envelope.correlation) json.TextIfAny("traceparent", envelope.correlation->traceparent);
  return json.Raw("transition", TransitionJson(record.transition)).str();
}

// The status detail of the record: the outcome's code and reason, else the decision's effect and reasons.
void AddStatus(JsonObject& json, const Transition& transition) {
  const Coded status = StatusOf(transition.stage);
  json.Number("status_id", status.id).Text("status", status.caption);
  const Outcome outcome = transition.outcome.value_or(Outcome{});
  const Decision decision = transition.decision.value_or(Decision{});
  const bool judged = decision.effect != Effect::kUnspecified;
  json.TextIfAny("status_code", !outcome.code.empty() ? std::string_view(outcome.code)
                                : judged              ? Name(decision.effect)
                                                      : std::string_view());
  std::string detail = !outcome.reason.empty() ? outcome.reason : transition.reason;
  if (detail.empty()) detail = Joined(decision.reasons, "; ");
  json.TextIfAny("status_detail", detail);
}

}  // namespace

std::string OcsfLine(const RecordInContext& of) {
  const Transition& transition = of.record.transition;
  const Coded activity = ActivityOf(of.envelope.execution.action);
  const Coded severity = SeverityOf(transition.stage);
  JsonObject json;
  json.Number("class_uid", kClass)
      .Text("class_name", "API Activity")
      .Number("category_uid", 6)
      .Text("category_name", "Application Activity")
      .Number("activity_id", activity.id)
      .Text("activity_name", activity.caption)
      .Number("type_uid", kClass * 100 + activity.id)
      .Text("type_name", "API Activity: " + std::string(activity.caption))
      .Number("severity_id", severity.id)
      .Text("severity", severity.caption)
      .Raw("time", Milliseconds(transition.occurred_at.value_or(0)));
  AddStatus(json, transition);
  json.Text("message", std::string(Name(transition.stage)) + ": " + WhatText(of.envelope.execution))
      .Raw("metadata", MetadataJson(of))
      .Raw("actor", ActorJson(of.envelope.identity))
      .Raw("api", ApiJson(of))
      .Raw("src_endpoint", EndpointJson(of.envelope.identity));
  if (!of.envelope.execution.targets.empty()) json.Raw("resources", ResourcesOf(of.envelope));
  return json.Raw("unmapped", UnmappedJson(of)).str();
}

}  // namespace envledger
