#include "ledger/report/record.h"

#include "ledger/base/message.h"
#include "ledger/chain/tree.h"
#include "ledger/report/html.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

// A list of terms and their texts; a term without a text is left out.
class Terms {
 public:
  void Add(std::string_view term, const std::string& text) {
    if (!text.empty()) html_ += "<dt>" + std::string(term) + "</dt><dd>" + Html(text) + "</dd>";
  }
  void Code(std::string_view term, const std::string& text) {
    if (!text.empty()) html_ += "<dt>" + std::string(term) + "</dt><dd><code>" + Html(text) + "</code></dd>";
  }
  void Add(std::string_view term, const std::optional<Principal>& principal) {
    if (principal) Add(term, FullPrincipalText(*principal));
  }
  void Add(std::string_view term, const std::optional<Nanos>& time) {
    if (time) Add(term, FullTime(*time));
  }
  std::string str() const { return html_.empty() ? "" : "<dl>" + html_ + "</dl>"; }

 private:
  std::string html_;
};

std::string PairsText(const std::vector<KeyValue>& pairs) {
  std::vector<std::string> parts;
  for (const KeyValue& pair : pairs) parts.push_back(pair.key + "=" + pair.value);
  return Joined(parts, ", ");
}

void AddIdentity(Terms& terms, const Identity& identity) {
  terms.Add("requester", std::optional(identity.requester));
  terms.Add("on behalf of", identity.subject);
  for (const DelegationHop& hop : identity.delegation) {
    std::string text = FullPrincipalText(hop.actor);
    if (hop.binding != HopBinding::kUnspecified) text += ", " + std::string(Name(hop.binding));
    if (!hop.scopes.empty()) text += "; scopes " + Joined(hop.scopes, ", ");
    if (hop.expires_at) text += "; until " + FullTime(*hop.expires_at);
    if (!hop.delegation_id.empty()) text += "; " + hop.delegation_id;
    terms.Add("through", text);
  }
  terms.Add("tenant", identity.tenant);
  terms.Add("groups", Joined(identity.groups, ", "));
  terms.Add("roles", Joined(identity.roles, ", "));
  if (identity.authentication) {
    const Authentication& by = *identity.authentication;
    std::vector<std::string> parts;
    for (const std::string& part : {by.method, by.credential_id, by.session_id}) {
      if (!part.empty()) parts.push_back(part);
    }
    terms.Add("authenticated", Joined(parts, ", "));
  }
  if (identity.source) {
    std::vector<std::string> parts;
    for (const std::string& part : {identity.source->service, identity.source->address, identity.source->user_agent}) {
      if (!part.empty()) parts.push_back(part);
    }
    terms.Add("from", Joined(parts, ", "));
  }
}

void AddExecution(Terms& terms, const Execution& execution) {
  std::string what(Name(execution.kind));
  if (!execution.kind_detail.empty()) what += " (" + execution.kind_detail + ")";
  if (!execution.operation.empty()) what += ", " + execution.operation;
  if (execution.action != Action::kUnspecified) what += ", " + std::string(Name(execution.action));
  if (execution.dry_run) what += *execution.dry_run ? ", dry run" : ", no dry run";
  terms.Add("execution", what);
  std::vector<std::string> targets;
  for (const Target& target : execution.targets) {
    const bool digest = !target.digest.empty() && !target.id.empty();
    targets.push_back(TargetText(target) + (digest ? " " + target.digest : ""));
  }
  terms.Add("targets", Joined(targets, ", "));
  terms.Add("trigger", execution.trigger);
  terms.Add("priority", execution.priority);
  terms.Add("deadline", execution.deadline);
  terms.Code("part of", execution.parent_envelope_id);
  terms.Code("request digest", execution.request_digest);
}

void AddScope(Terms& terms, const Scope& scope) {
  terms.Add("scope", ScopeText(scope));
  terms.Add("scope role", scope.role);
  terms.Add("scopes asked", Joined(scope.requested_scopes, ", "));
  terms.Add("classification", scope.classification);
  terms.Add("purpose", scope.purpose);
  terms.Add("residency", scope.residency);
  terms.Add("hints", PairsText(scope.hints));
}

void AddDecision(Terms& terms, const Decision& decision) {
  std::string text(decision.effect == Effect::kUnspecified ? "" : Name(decision.effect));
  if (!decision.point.empty()) text += (text.empty() ? "at " : ", at ") + decision.point;
  if (decision.phase != Phase::kUnspecified) text += (text.empty() ? "" : ", ") + std::string(Name(decision.phase));
  terms.Add("decision", text);
  terms.Add("reasons", Joined(decision.reasons, "; "));
  if (decision.policy) {
    const Policy& policy = *decision.policy;
    terms.Add("policy", policy.id + (policy.version.empty() ? "" : "@" + policy.version) +
                            (policy.digest.empty() ? "" : " " + policy.digest));
  }
  terms.Add("decided by", decision.decider);
  terms.Add("obligations", Joined(decision.obligations, "; "));
  terms.Code("decision id", decision.id);
  terms.Code("snapshot", decision.snapshot);
}

void AddGranted(Terms& terms, const Granted& granted) {
  terms.Add("granted", granted.resources.empty() ? "no resources stated" : ResourcesText(granted.resources));
  terms.Add("scopes granted", Joined(granted.scopes, ", "));
  terms.Code("grant", granted.grant_id);
  terms.Add("from", granted.not_before);
  terms.Add("until", granted.expires_at);
  terms.Add("charged to", granted.charge_to);
  terms.Add("because", granted.reason);
}

void AddRouting(Terms& terms, const Routing& routing) {
  std::vector<std::string> parts;
  for (const std::string& part : {routing.backend, routing.cluster, routing.node}) {
    if (!part.empty()) parts.push_back(part);
  }
  for (const std::string& device : routing.devices) parts.push_back(device);
  terms.Add("runs on", Joined(parts, ", "));
  std::vector<std::string> placements;
  for (const Placement& placement : routing.placements) {
    placements.push_back(placement.node +
                         (placement.devices.empty() ? "" : " (" + Joined(placement.devices, ", ") + ")"));
  }
  terms.Add("placed on", Joined(placements, ", "));
  terms.Add("target", routing.target_ref);
  terms.Add("native ids", PairsText(routing.native_ids));
}

void AddOutcome(Terms& terms, const Outcome& outcome) {
  terms.Add("outcome", outcome.code);
  terms.Add("because", outcome.reason);
  terms.Add("used", ResourcesText(outcome.usage));
  terms.Add("began", outcome.started_at);
  terms.Add("ended", outcome.ended_at);
  terms.Code("result digest", outcome.result_digest);
}

void AddCorrelation(Terms& terms, const Correlation& correlation) {
  terms.Code("request id", correlation.request_id);
  terms.Code("trace", correlation.traceparent);
  terms.Code("conversation", correlation.conversation_id);
  terms.Add("external ids", PairsText(correlation.external_ids));
}

}  // namespace

std::string RecordHtml(const Record& record, std::string_view entry, const Nanos* before) {
  const Transition& transition = record.transition;
  const Nanos at = transition.occurred_at.value_or(0);
  Terms terms;
  if (transition.identity) AddIdentity(terms, *transition.identity);
  if (transition.execution) AddExecution(terms, *transition.execution);
  if (transition.scope) AddScope(terms, *transition.scope);
  if (transition.requested) {
    terms.Add("requested", transition.requested->empty() ? "no resources" : ResourcesText(*transition.requested));
  }
  terms.Add("reason", transition.reason);
  if (transition.decision) AddDecision(terms, *transition.decision);
  if (transition.granted) AddGranted(terms, *transition.granted);
  if (transition.routing) AddRouting(terms, *transition.routing);
  if (transition.outcome) AddOutcome(terms, *transition.outcome);
  if (transition.correlation) AddCorrelation(terms, *transition.correlation);
  terms.Add("note", transition.note);
  terms.Add("recorded", FullTime(record.recorded_at) + " by " + record.recorder.producer + " (uid " +
                            std::to_string(record.recorder.uid) + ")");
  terms.Code("entry " + std::to_string(record.seq), Hex(View(LeafHash(entry))));
  std::string html = "<li><b>" + std::string(Name(transition.stage)) + "</b> " + FullTime(at);
  if (before != nullptr)
    html += " <span class=\"dim\">" + std::string(at < *before ? "" : "+") + FormatSpan(at - *before) + "</span>";
  return html + terms.str() + "</li>\n";
}

}  // namespace envledger
