#include <optional>
#include <type_traits>
#include <vector>

#include "ledger/codec/aligned.h"
#include "ledger/codec/transition.h"
#include "transition_generated.h"

namespace envledger {
namespace {

template <typename T>
using TableList = flatbuffers::Vector<flatbuffers::Offset<T>>;

std::string Text(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

std::vector<std::string> Texts(const TableList<flatbuffers::String>* texts) {
  std::vector<std::string> list;
  if (texts == nullptr) return list;
  list.reserve(texts->size());
  for (const auto* text : *texts) list.push_back(text->str());
  return list;
}

// Declared before Maybe and List, which find them by overload resolution.
KeyValue Decode(const fb::KeyValue& table);
Principal Decode(const fb::Principal& table);
Resource Decode(const fb::Resource& table);
DelegationHop Decode(const fb::DelegationHop& table);
Authentication Decode(const fb::Authentication& table);
Source Decode(const fb::Source& table);
Identity Decode(const fb::Identity& table);
Target Decode(const fb::Target& table);
Execution Decode(const fb::Execution& table);
Scope Decode(const fb::Scope& table);
Policy Decode(const fb::Policy& table);
Decision Decode(const fb::Decision& table);
Granted Decode(const fb::Granted& table);
Placement Decode(const fb::Placement& table);
Routing Decode(const fb::Routing& table);
Outcome Decode(const fb::Outcome& table);
Correlation Decode(const fb::Correlation& table);

template <typename Table>
auto Maybe(const Table* table) -> std::optional<decltype(Decode(*table))> {
  if (table == nullptr) return std::nullopt;
  return Decode(*table);
}

template <typename Table>
auto List(const TableList<Table>* tables) {
  std::vector<std::decay_t<decltype(Decode(*tables->Get(0)))>> list;
  if (tables == nullptr) return list;
  list.reserve(tables->size());
  for (const auto* table : *tables) list.push_back(Decode(*table));
  return list;
}

KeyValue Decode(const fb::KeyValue& pair) { return {.key = Text(pair.key()), .value = Text(pair.value())}; }

Principal Decode(const fb::Principal& principal) {
  return {.kind = static_cast<PrincipalKind>(principal.kind()),
          .issuer = Text(principal.issuer()),
          .id = Text(principal.id())};
}

Resource Decode(const fb::Resource& resource) {
  return {.name = Text(resource.name()),
          .amount = resource.amount(),
          .min = resource.min(),
          .max = resource.max(),
          .per = static_cast<Per>(resource.per()),
          .unit_of = Text(resource.unit_of()),
          .origin = static_cast<Origin>(resource.origin()),
          .selector = Text(resource.selector())};
}

Authentication Decode(const fb::Authentication& authentication) {
  return {.method = Text(authentication.method()),
          .credential_id = Text(authentication.credential_id()),
          .session_id = Text(authentication.session_id())};
}

Source Decode(const fb::Source& source) {
  return {
      .service = Text(source.service()), .address = Text(source.address()), .user_agent = Text(source.user_agent())};
}

Target Decode(const fb::Target& target) {
  return {.type = Text(target.type()),
          .id = Text(target.id()),
          .version = Text(target.version()),
          .digest = Text(target.digest())};
}

Policy Decode(const fb::Policy& policy) {
  return {.id = Text(policy.id()), .version = Text(policy.version()), .digest = Text(policy.digest())};
}

Placement Decode(const fb::Placement& placement) {
  return {.node = Text(placement.node()), .devices = Texts(placement.devices())};
}

DelegationHop Decode(const fb::DelegationHop& hop) {
  return {.actor = Decode(*hop.actor()),
          .delegation_id = Text(hop.delegation_id()),
          .parent_id = Text(hop.parent_id()),
          .issuer = Text(hop.issuer()),
          .scopes = Texts(hop.scopes()),
          .audience = Text(hop.audience()),
          .issued_at = hop.issued_at(),
          .expires_at = hop.expires_at(),
          .binding = static_cast<HopBinding>(hop.binding())};
}

Identity Decode(const fb::Identity& identity) {
  return {.requester = Decode(*identity.requester()),
          .subject = Maybe(identity.subject()),
          .delegation = List(identity.delegation()),
          .tenant = Text(identity.tenant()),
          .groups = Texts(identity.groups()),
          .roles = Texts(identity.roles()),
          .authentication = Maybe(identity.authentication()),
          .source = Maybe(identity.source())};
}

Execution Decode(const fb::Execution& execution) {
  return {.kind = static_cast<ExecutionKind>(execution.kind()),
          .kind_detail = Text(execution.kind_detail()),
          .operation = Text(execution.operation()),
          .action = static_cast<Action>(execution.action()),
          .targets = List(execution.targets()),
          .trigger = Text(execution.trigger()),
          .request_digest = Text(execution.request_digest()),
          .parent_envelope_id = Text(execution.parent_envelope_id()),
          .deadline = execution.deadline(),
          .priority = Text(execution.priority()),
          .dry_run = execution.dry_run()};
}

Scope Decode(const fb::Scope& scope) {
  return {.kind = Text(scope.kind()),
          .id = Text(scope.id()),
          .role = Text(scope.role()),
          .binding = static_cast<ScopeBinding>(scope.binding()),
          .requested_scopes = Texts(scope.requested_scopes()),
          .classification = Text(scope.classification()),
          .purpose = Text(scope.purpose()),
          .residency = Text(scope.residency()),
          .hints = List(scope.hints())};
}

Decision Decode(const fb::Decision& decision) {
  return {.id = Text(decision.id()),
          .point = Text(decision.point()),
          .phase = static_cast<Phase>(decision.phase()),
          .effect = static_cast<Effect>(decision.effect()),
          .reasons = Texts(decision.reasons()),
          .policy = Maybe(decision.policy()),
          .snapshot = Text(decision.snapshot()),
          .obligations = Texts(decision.obligations()),
          .decider = Maybe(decision.decider())};
}

Granted Decode(const fb::Granted& granted) {
  return {.resources = List(granted.resources()),
          .scopes = Texts(granted.scopes()),
          .grant_id = Text(granted.grant_id()),
          .not_before = granted.not_before(),
          .expires_at = granted.expires_at(),
          .charge_to = Maybe(granted.charge_to()),
          .reason = Text(granted.reason())};
}

Routing Decode(const fb::Routing& routing) {
  return {.backend = Text(routing.backend()),
          .cluster = Text(routing.cluster()),
          .node = Text(routing.node()),
          .devices = Texts(routing.devices()),
          .placements = List(routing.placements()),
          .target_ref = Text(routing.target_ref()),
          .native_ids = List(routing.native_ids())};
}

Outcome Decode(const fb::Outcome& outcome) {
  return {.code = Text(outcome.code()),
          .reason = Text(outcome.reason()),
          .usage = List(outcome.usage()),
          .result_digest = Text(outcome.result_digest()),
          .started_at = outcome.started_at(),
          .ended_at = outcome.ended_at()};
}

Correlation Decode(const fb::Correlation& correlation) {
  return {.request_id = Text(correlation.request_id()),
          .traceparent = Text(correlation.traceparent()),
          .conversation_id = Text(correlation.conversation_id()),
          .external_ids = List(correlation.external_ids())};
}

}  // namespace

Transition DecodeTransition(std::string_view bytes) {
  const AlignedBytes aligned(bytes);
  const fb::Transition& t = *fb::GetTransition(aligned.data());
  return {.envelope_id = Text(t.envelope_id()),
          .stage = static_cast<Stage>(t.stage()),
          .occurred_at = t.occurred_at(),
          .identity = Maybe(t.identity()),
          .execution = Maybe(t.execution()),
          .scope = Maybe(t.scope()),
          .requested = t.requested() == nullptr ? std::nullopt : std::optional(List(t.requested())),
          .decision = Maybe(t.decision()),
          .granted = Maybe(t.granted()),
          .routing = Maybe(t.routing()),
          .outcome = Maybe(t.outcome()),
          .correlation = Maybe(t.correlation()),
          .reason = Text(t.reason()),
          .note = Text(t.note())};
}

}  // namespace envledger
