// Fields are written in the order of the schema and children before their parents, so that equal values give equal
// bytes: the replay rule compares bytes. An empty string or list is left out, except for the two lists whose presence
// has a meaning (requested and granted.resources).
#include <optional>
#include <vector>

#include "ledger/codec/build.h"
#include "ledger/codec/transition.h"
#include "transition_generated.h"

namespace envledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
template <typename T>
using ListOffset = Offset<flatbuffers::Vector<Offset<T>>>;

template <typename To, typename From>
To Enum(From value) {
  return static_cast<To>(value);
}

ListOffset<flatbuffers::String> Texts(FlatBufferBuilder& b, const std::vector<std::string>& texts) {
  return texts.empty() ? ListOffset<flatbuffers::String>() : b.CreateVectorOfStrings(texts);
}

// The list of the results of `encode` for each item.
template <typename T, typename Item, typename Encode>
ListOffset<T> List(FlatBufferBuilder& b, const std::vector<Item>& items, Encode encode) {
  std::vector<Offset<T>> offsets;
  offsets.reserve(items.size());
  for (const Item& item : items) offsets.push_back(encode(b, item));
  return b.CreateVector(offsets);
}

template <typename T, typename Item, typename Encode>
ListOffset<T> NonEmptyList(FlatBufferBuilder& b, const std::vector<Item>& items, Encode encode) {
  return items.empty() ? ListOffset<T>() : List<T>(b, items, encode);
}

template <typename T, typename Item, typename Encode>
Offset<T> Maybe(FlatBufferBuilder& b, const std::optional<Item>& item, Encode encode) {
  return item.has_value() ? encode(b, *item) : Offset<T>();
}

Offset<fb::KeyValue> Encode(FlatBufferBuilder& b, const KeyValue& pair) {
  const auto key = Text(b, pair.key);
  const auto value = Text(b, pair.value);
  return fb::CreateKeyValue(b, key, value);
}

ListOffset<fb::KeyValue> Map(FlatBufferBuilder& b, const std::vector<KeyValue>& pairs) {
  return NonEmptyList<fb::KeyValue>(b, pairs,
                                    [](auto& builder, const KeyValue& pair) { return Encode(builder, pair); });
}

Offset<fb::Principal> Encode(FlatBufferBuilder& b, const Principal& principal) {
  const auto issuer = Text(b, principal.issuer);
  const auto id = Text(b, principal.id);
  return fb::CreatePrincipal(b, Enum<fb::PrincipalKind>(principal.kind), issuer, id);
}

Offset<fb::Principal> EncodeMaybe(FlatBufferBuilder& b, const std::optional<Principal>& principal) {
  return principal.has_value() ? Encode(b, *principal) : Offset<fb::Principal>();
}

Offset<fb::Resource> Encode(FlatBufferBuilder& b, const Resource& resource) {
  const auto name = Text(b, resource.name);
  const auto unit_of = Text(b, resource.unit_of);
  const auto selector = Text(b, resource.selector);
  return fb::CreateResource(b, name, resource.amount, resource.min, resource.max, Enum<fb::Per>(resource.per), unit_of,
                            Enum<fb::Origin>(resource.origin), selector);
}

constexpr auto kEncodeResource = [](FlatBufferBuilder& b, const Resource& resource) { return Encode(b, resource); };

Offset<fb::DelegationHop> Encode(FlatBufferBuilder& b, const DelegationHop& hop) {
  const auto actor = Encode(b, hop.actor);
  const auto delegation_id = Text(b, hop.delegation_id);
  const auto parent_id = Text(b, hop.parent_id);
  const auto issuer = Text(b, hop.issuer);
  const auto scopes = Texts(b, hop.scopes);
  const auto audience = Text(b, hop.audience);
  return fb::CreateDelegationHop(b, actor, delegation_id, parent_id, issuer, scopes, audience, hop.issued_at,
                                 hop.expires_at, Enum<fb::HopBinding>(hop.binding));
}

Offset<fb::Authentication> Encode(FlatBufferBuilder& b, const Authentication& authentication) {
  const auto method = Text(b, authentication.method);
  const auto credential_id = Text(b, authentication.credential_id);
  const auto session_id = Text(b, authentication.session_id);
  return fb::CreateAuthentication(b, method, credential_id, session_id);
}

Offset<fb::Source> Encode(FlatBufferBuilder& b, const Source& source) {
  const auto service = Text(b, source.service);
  const auto address = Text(b, source.address);
  const auto user_agent = Text(b, source.user_agent);
  return fb::CreateSource(b, service, address, user_agent);
}

Offset<fb::Identity> Encode(FlatBufferBuilder& b, const Identity& identity) {
  const auto requester = Encode(b, identity.requester);
  const auto subject = EncodeMaybe(b, identity.subject);
  const auto delegation = NonEmptyList<fb::DelegationHop>(
      b, identity.delegation, [](auto& builder, const DelegationHop& hop) { return Encode(builder, hop); });
  const auto tenant = Text(b, identity.tenant);
  const auto groups = Texts(b, identity.groups);
  const auto roles = Texts(b, identity.roles);
  const auto authentication = Maybe<fb::Authentication>(
      b, identity.authentication, [](auto& builder, const Authentication& value) { return Encode(builder, value); });
  const auto source =
      Maybe<fb::Source>(b, identity.source, [](auto& builder, const Source& value) { return Encode(builder, value); });
  return fb::CreateIdentity(b, requester, subject, delegation, tenant, groups, roles, authentication, source);
}

Offset<fb::Target> Encode(FlatBufferBuilder& b, const Target& target) {
  const auto type = Text(b, target.type);
  const auto id = Text(b, target.id);
  const auto version = Text(b, target.version);
  const auto digest = Text(b, target.digest);
  return fb::CreateTarget(b, type, id, version, digest);
}

Offset<fb::Execution> Encode(FlatBufferBuilder& b, const Execution& execution) {
  const auto kind_detail = Text(b, execution.kind_detail);
  const auto operation = Text(b, execution.operation);
  const auto targets = NonEmptyList<fb::Target>(
      b, execution.targets, [](auto& builder, const Target& target) { return Encode(builder, target); });
  const auto trigger = Text(b, execution.trigger);
  const auto request_digest = Text(b, execution.request_digest);
  const auto parent_envelope_id = Text(b, execution.parent_envelope_id);
  const auto priority = Text(b, execution.priority);
  return fb::CreateExecution(b, Enum<fb::ExecutionKind>(execution.kind), kind_detail, operation,
                             Enum<fb::Action>(execution.action), targets, trigger, request_digest, parent_envelope_id,
                             execution.deadline, priority, execution.dry_run);
}

Offset<fb::Scope> Encode(FlatBufferBuilder& b, const Scope& scope) {
  const auto kind = Text(b, scope.kind);
  const auto id = Text(b, scope.id);
  const auto role = Text(b, scope.role);
  const auto requested_scopes = Texts(b, scope.requested_scopes);
  const auto classification = Text(b, scope.classification);
  const auto purpose = Text(b, scope.purpose);
  const auto residency = Text(b, scope.residency);
  const auto hints = Map(b, scope.hints);
  return fb::CreateScope(b, kind, id, role, Enum<fb::ScopeBinding>(scope.binding), requested_scopes, classification,
                         purpose, residency, hints);
}

Offset<fb::Policy> Encode(FlatBufferBuilder& b, const Policy& policy) {
  const auto id = Text(b, policy.id);
  const auto version = Text(b, policy.version);
  const auto digest = Text(b, policy.digest);
  return fb::CreatePolicy(b, id, version, digest);
}

Offset<fb::Decision> Encode(FlatBufferBuilder& b, const Decision& decision) {
  const auto id = Text(b, decision.id);
  const auto point = Text(b, decision.point);
  const auto reasons = Texts(b, decision.reasons);
  const auto policy =
      Maybe<fb::Policy>(b, decision.policy, [](auto& builder, const Policy& value) { return Encode(builder, value); });
  const auto snapshot = Text(b, decision.snapshot);
  const auto obligations = Texts(b, decision.obligations);
  const auto decider = EncodeMaybe(b, decision.decider);
  return fb::CreateDecision(b, id, point, Enum<fb::Phase>(decision.phase), Enum<fb::Effect>(decision.effect), reasons,
                            policy, snapshot, obligations, decider);
}

Offset<fb::Granted> Encode(FlatBufferBuilder& b, const Granted& granted) {
  const auto resources = List<fb::Resource>(b, granted.resources, kEncodeResource);
  const auto scopes = Texts(b, granted.scopes);
  const auto grant_id = Text(b, granted.grant_id);
  const auto charge_to = EncodeMaybe(b, granted.charge_to);
  const auto reason = Text(b, granted.reason);
  return fb::CreateGranted(b, resources, scopes, grant_id, granted.not_before, granted.expires_at, charge_to, reason);
}

Offset<fb::Placement> Encode(FlatBufferBuilder& b, const Placement& placement) {
  const auto node = Text(b, placement.node);
  const auto devices = Texts(b, placement.devices);
  return fb::CreatePlacement(b, node, devices);
}

Offset<fb::Routing> Encode(FlatBufferBuilder& b, const Routing& routing) {
  const auto backend = Text(b, routing.backend);
  const auto cluster = Text(b, routing.cluster);
  const auto node = Text(b, routing.node);
  const auto devices = Texts(b, routing.devices);
  const auto placements = NonEmptyList<fb::Placement>(
      b, routing.placements, [](auto& builder, const Placement& placement) { return Encode(builder, placement); });
  const auto target_ref = Text(b, routing.target_ref);
  const auto native_ids = Map(b, routing.native_ids);
  return fb::CreateRouting(b, backend, cluster, node, devices, placements, target_ref, native_ids);
}

Offset<fb::Outcome> Encode(FlatBufferBuilder& b, const Outcome& outcome) {
  const auto code = Text(b, outcome.code);
  const auto reason = Text(b, outcome.reason);
  const auto usage = NonEmptyList<fb::Resource>(b, outcome.usage, kEncodeResource);
  const auto result_digest = Text(b, outcome.result_digest);
  return fb::CreateOutcome(b, code, reason, usage, result_digest, outcome.started_at, outcome.ended_at);
}

Offset<fb::Correlation> Encode(FlatBufferBuilder& b, const Correlation& correlation) {
  const auto request_id = Text(b, correlation.request_id);
  const auto traceparent = Text(b, correlation.traceparent);
  const auto conversation_id = Text(b, correlation.conversation_id);
  const auto external_ids = Map(b, correlation.external_ids);
  return fb::CreateCorrelation(b, request_id, traceparent, conversation_id, external_ids);
}

Offset<fb::Transition> Encode(FlatBufferBuilder& b, const Transition& t) {
  const auto encode = [](auto& builder, const auto& value) { return Encode(builder, value); };
  const auto envelope_id = Text(b, t.envelope_id);
  const auto identity = Maybe<fb::Identity>(b, t.identity, encode);
  const auto execution = Maybe<fb::Execution>(b, t.execution, encode);
  const auto scope = Maybe<fb::Scope>(b, t.scope, encode);
  const auto requested =
      t.requested.has_value() ? List<fb::Resource>(b, *t.requested, kEncodeResource) : ListOffset<fb::Resource>();
  const auto decision = Maybe<fb::Decision>(b, t.decision, encode);
  const auto granted = Maybe<fb::Granted>(b, t.granted, encode);
  const auto routing = Maybe<fb::Routing>(b, t.routing, encode);
  const auto outcome = Maybe<fb::Outcome>(b, t.outcome, encode);
  const auto correlation = Maybe<fb::Correlation>(b, t.correlation, encode);
  const auto reason = Text(b, t.reason);
  const auto note = Text(b, t.note);
  return fb::CreateTransition(b, envelope_id, Enum<fb::Stage>(t.stage), t.occurred_at, identity, execution, scope,
                              requested, decision, granted, routing, outcome, correlation, reason, note);
}

}  // namespace

Result<std::string> EncodeTransition(const Transition& transition) {
  FlatBufferBuilder builder(1024);
  builder.TrackMinAlign(8);  // even without a time, so that the fault names the missing time and not the buffer's size
  builder.Finish(Encode(builder, transition), fb::TransitionIdentifier());
  std::string bytes(reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize());
  ENVLEDGER_RETURN_IF_ERROR(CheckTransition(bytes).status());
  return bytes;
}

}  // namespace envledger
