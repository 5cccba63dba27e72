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

std::string TextOf(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

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

KeyValue Decode(const fb::KeyValue& pair) { return {.key = TextOf(pair.key()), .value = TextOf(pair.value())}; }

Principal Decode(const fb::Principal& principal) {
  return {.kind = static_cast<PrincipalKind>(principal.kind()),
          .issuer = TextOf(principal.issuer()),
          .id = TextOf(principal.id())};
}

Resource Decode(const fb::Resource& resource) {
  return {.name = TextOf(resource.name()),
          .amount = resource.amount(),
          .min = resource.min(),
          .max = resource.max(),
          .per = static_cast<Per>(resource.per()),
          .unit_of = TextOf(resource.unit_of()),
          .origin = static_cast<Origin>(resource.origin()),
          .selector = TextOf(resource.selector())};
}

Authentication Decode(const fb::Authentication& authentication) {
  return {.method = TextOf(authentication.method()),
          .credential_id = TextOf(authentication.credential_id()),
          .session_id = TextOf(authentication.session_id())};
}

Source Decode(const fb::Source& source) {
  return {.service = TextOf(source.service()),
          .address = TextOf(source.address()),
          .user_agent = TextOf(source.user_agent())};
}

Target Decode(const fb::Target& target) {
  return {.type = TextOf(target.type()),
          .id = TextOf(target.id()),
          .version = TextOf(target.version()),
          .digest = TextOf(target.digest())};
}

Policy Decode(const fb::Policy& policy) {
  return {.id = TextOf(policy.id()), .version = TextOf(policy.version()), .digest = TextOf(policy.digest())};
}

Placement Decode(const fb::Placement& placement) {
  return {.node = TextOf(placement.node()), .devices = Texts(placement.devices())};
}

DelegationHop Decode(const fb::DelegationHop& hop) {
  return {.actor = Decode(*hop.actor()),
          .delegation_id = TextOf(hop.delegation_id()),
          .parent_id = TextOf(hop.parent_id()),
          .issuer = TextOf(hop.issuer()),
          .scopes = Texts(hop.scopes()),
          .audience = TextOf(hop.audience()),
          .issued_at = hop.issued_at(),
          .expires_at = hop.expires_at(),
          .binding = static_cast<HopBinding>(hop.binding())};
}

Identity Decode(const fb::Identity& identity) {
  return {.requester = Decode(*identity.requester()),
          .subject = Maybe(identity.subject()),
          .delegation = List(identity.delegation()),
          .tenant = TextOf(identity.tenant()),
          .groups = Texts(identity.groups()),
          .roles = Texts(identity.roles()),
          .authentication = Maybe(identity.authentication()),
          .source = Maybe(identity.source())};
}

Execution Decode(const fb::Execution& execution) {
  return {.kind = static_cast<ExecutionKind>(execution.kind()),
          .kind_detail = TextOf(execution.kind_detail()),
          .operation = TextOf(execution.operation()),
          .action = static_cast<Action>(execution.action()),
          .targets = List(execution.targets()),
          .trigger = TextOf(execution.trigger()),
          .request_digest = TextOf(execution.request_digest()),
          .parent_envelope_id = TextOf(execution.parent_envelope_id()),
          .deadline = execution.deadline(),
          .priority = TextOf(execution.priority()),
          .dry_run = execution.dry_run()};
}

Scope Decode(const fb::Scope& scope) {
  return {.kind = TextOf(scope.kind()),
          .id = TextOf(scope.id()),
          .role = TextOf(scope.role()),
          .binding = static_cast<ScopeBinding>(scope.binding()),
          .requested_scopes = Texts(scope.requested_scopes()),
          .classification = TextOf(scope.classification()),
          .purpose = TextOf(scope.purpose()),
          .residency = TextOf(scope.residency()),
          .hints = List(scope.hints())};
}

Decision Decode(const fb::Decision& decision) {
  return {.id = TextOf(decision.id()),
          .point = TextOf(decision.point()),
          .phase = static_cast<Phase>(decision.phase()),
          .effect = static_cast<Effect>(decision.effect()),
          .reasons = Texts(decision.reasons()),
          .policy = Maybe(decision.policy()),
          .snapshot = TextOf(decision.snapshot()),
          .obligations = Texts(decision.obligations()),
          .decider = Maybe(decision.decider())};
}

Granted Decode(const fb::Granted& granted) {
  return {.resources = List(granted.resources()),
          .scopes = Texts(granted.scopes()),
          .grant_id = TextOf(granted.grant_id()),
          .not_before = granted.not_before(),
          .expires_at = granted.expires_at(),
          .charge_to = Maybe(granted.charge_to()),
          .reason = TextOf(granted.reason())};
}

Routing Decode(const fb::Routing& routing) {
  return {.backend = TextOf(routing.backend()),
          .cluster = TextOf(routing.cluster()),
          .node = TextOf(routing.node()),
          .devices = Texts(routing.devices()),
          .placements = List(routing.placements()),
          .target_ref = TextOf(routing.target_ref()),
          .native_ids = List(routing.native_ids())};
}

Outcome Decode(const fb::Outcome& outcome) {
  return {.code = TextOf(outcome.code()),
          .reason = TextOf(outcome.reason()),
          .usage = List(outcome.usage()),
          .result_digest = TextOf(outcome.result_digest()),
          .started_at = outcome.started_at(),
          .ended_at = outcome.ended_at()};
}

Correlation Decode(const fb::Correlation& correlation) {
  return {.request_id = TextOf(correlation.request_id()),
          .traceparent = TextOf(correlation.traceparent()),
          .conversation_id = TextOf(correlation.conversation_id()),
          .external_ids = List(correlation.external_ids())};
}

}  // namespace

Transition DecodeTransition(std::string_view bytes) {
  const AlignedBytes aligned(bytes);
  const fb::Transition& t = *fb::GetTransition(aligned.data());
  return {.envelope_id = TextOf(t.envelope_id()),
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
          .reason = TextOf(t.reason()),
          .note = TextOf(t.note())};
}

}  // namespace envledger
