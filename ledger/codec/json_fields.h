// The fields of every family of a transition, named once: reading and writing the JSON form both walk these tables, so
// they cannot disagree, and the order of a table is the order of the output (that of the schema).
#pragma once

#include <string_view>
#include <tuple>
#include <type_traits>

#include "ledger/codec/model.h"

namespace envledger::json {

enum class Form : uint8_t {
  kPlain,          // as its type says; an int64_t is a time
  kMandatory,      // must be present even when empty, because its C++ value cannot show that it is absent
  kQuantity,       // an int64_t that counts milli-units
  kTextOrInteger,  // text that may also be written as an integer
  kBase64,         // bytes, as base64 text
};

template <typename Object, typename Value>
struct Field {
  std::string_view name;
  Value Object::*member;
  Form form = Form::kPlain;
};
template <typename Object, typename Value>
Field(std::string_view, Value Object::*, Form = Form::kPlain) -> Field<Object, Value>;

// Specialized for each struct that is one JSON object.
template <typename Object>
struct Fields {};
template <typename Object>
concept Described = requires {
  Fields<Object>::kList;
};

template <>
struct Fields<Principal> {
  static constexpr std::tuple kList{Field{"kind", &Principal::kind}, Field{"issuer", &Principal::issuer},
                                    Field{"id", &Principal::id}};
};

// The name is the object's key in the map.
template <>
struct Fields<Resource> {
  static constexpr std::tuple kList{Field{"amount", &Resource::amount, Form::kQuantity},
                                    Field{"min", &Resource::min, Form::kQuantity},
                                    Field{"max", &Resource::max, Form::kQuantity},
                                    Field{"per", &Resource::per},
                                    Field{"unit_of", &Resource::unit_of},
                                    Field{"origin", &Resource::origin},
                                    Field{"selector", &Resource::selector}};
};

template <>
struct Fields<DelegationHop> {
  static constexpr std::tuple kList{
      Field{"actor", &DelegationHop::actor},         Field{"delegation_id", &DelegationHop::delegation_id},
      Field{"parent_id", &DelegationHop::parent_id}, Field{"issuer", &DelegationHop::issuer},
      Field{"scopes", &DelegationHop::scopes},       Field{"audience", &DelegationHop::audience},
      Field{"issued_at", &DelegationHop::issued_at}, Field{"expires_at", &DelegationHop::expires_at},
      Field{"binding", &DelegationHop::binding}};
};

template <>
struct Fields<Authentication> {
  static constexpr std::tuple kList{Field{"method", &Authentication::method},
                                    Field{"credential_id", &Authentication::credential_id},
                                    Field{"session_id", &Authentication::session_id}};
};

template <>
struct Fields<Source> {
  static constexpr std::tuple kList{Field{"service", &Source::service}, Field{"address", &Source::address},
                                    Field{"user_agent", &Source::user_agent}};
};

template <>
struct Fields<Identity> {
  static constexpr std::tuple kList{Field{"requester", &Identity::requester},
                                    Field{"subject", &Identity::subject},
                                    Field{"delegation", &Identity::delegation},
                                    Field{"tenant", &Identity::tenant},
                                    Field{"groups", &Identity::groups},
                                    Field{"roles", &Identity::roles},
                                    Field{"authentication", &Identity::authentication},
                                    Field{"source", &Identity::source}};
};

template <>
struct Fields<Target> {
  static constexpr std::tuple kList{Field{"type", &Target::type}, Field{"id", &Target::id},
                                    Field{"version", &Target::version}, Field{"digest", &Target::digest}};
};

template <>
struct Fields<Execution> {
  static constexpr std::tuple kList{Field{"kind", &Execution::kind},
                                    Field{"kind_detail", &Execution::kind_detail},
                                    Field{"operation", &Execution::operation},
                                    Field{"action", &Execution::action},
                                    Field{"targets", &Execution::targets},
                                    Field{"trigger", &Execution::trigger},
                                    Field{"request_digest", &Execution::request_digest},
                                    Field{"parent_envelope_id", &Execution::parent_envelope_id},
                                    Field{"deadline", &Execution::deadline},
                                    Field{"priority", &Execution::priority, Form::kTextOrInteger},
                                    Field{"dry_run", &Execution::dry_run}};
};

template <>
struct Fields<Scope> {
  static constexpr std::tuple kList{Field{"kind", &Scope::kind},
                                    Field{"id", &Scope::id},
                                    Field{"role", &Scope::role},
                                    Field{"binding", &Scope::binding},
                                    Field{"requested_scopes", &Scope::requested_scopes},
                                    Field{"classification", &Scope::classification},
                                    Field{"purpose", &Scope::purpose},
                                    Field{"residency", &Scope::residency},
                                    Field{"hints", &Scope::hints}};
};

template <>
struct Fields<Policy> {
  static constexpr std::tuple kList{Field{"id", &Policy::id}, Field{"version", &Policy::version},
                                    Field{"digest", &Policy::digest}};
};

template <>
struct Fields<Decision> {
  static constexpr std::tuple kList{Field{"id", &Decision::id},
                                    Field{"point", &Decision::point},
                                    Field{"phase", &Decision::phase},
                                    Field{"effect", &Decision::effect},
                                    Field{"reasons", &Decision::reasons},
                                    Field{"policy", &Decision::policy},
                                    Field{"snapshot", &Decision::snapshot},
                                    Field{"obligations", &Decision::obligations},
                                    Field{"decider", &Decision::decider}};
};

template <>
struct Fields<Granted> {
  static constexpr std::tuple kList{Field{"resources", &Granted::resources, Form::kMandatory},
                                    Field{"scopes", &Granted::scopes},
                                    Field{"grant_id", &Granted::grant_id},
                                    Field{"not_before", &Granted::not_before},
                                    Field{"expires_at", &Granted::expires_at},
                                    Field{"charge_to", &Granted::charge_to},
                                    Field{"reason", &Granted::reason}};
};

template <>
struct Fields<Placement> {
  static constexpr std::tuple kList{Field{"node", &Placement::node}, Field{"devices", &Placement::devices}};
};

template <>
struct Fields<Routing> {
  static constexpr std::tuple kList{Field{"backend", &Routing::backend},
                                    Field{"cluster", &Routing::cluster},
                                    Field{"node", &Routing::node},
                                    Field{"devices", &Routing::devices},
                                    Field{"placements", &Routing::placements},
                                    Field{"target_ref", &Routing::target_ref},
                                    Field{"native_ids", &Routing::native_ids}};
};

template <>
struct Fields<Outcome> {
  static constexpr std::tuple kList{Field{"code", &Outcome::code},
                                    Field{"reason", &Outcome::reason},
                                    Field{"usage", &Outcome::usage},
                                    Field{"result_digest", &Outcome::result_digest},
                                    Field{"started_at", &Outcome::started_at},
                                    Field{"ended_at", &Outcome::ended_at}};
};

template <>
struct Fields<Correlation> {
  static constexpr std::tuple kList{
      Field{"request_id", &Correlation::request_id}, Field{"traceparent", &Correlation::traceparent},
      Field{"conversation_id", &Correlation::conversation_id}, Field{"external_ids", &Correlation::external_ids}};
};

template <>
struct Fields<Transition> {
  static constexpr std::tuple kList{
      Field{"envelope_id", &Transition::envelope_id}, Field{"stage", &Transition::stage},
      Field{"occurred_at", &Transition::occurred_at}, Field{"identity", &Transition::identity},
      Field{"execution", &Transition::execution},     Field{"scope", &Transition::scope},
      Field{"requested", &Transition::requested},     Field{"decision", &Transition::decision},
      Field{"granted", &Transition::granted},         Field{"routing", &Transition::routing},
      Field{"outcome", &Transition::outcome},         Field{"correlation", &Transition::correlation},
      Field{"reason", &Transition::reason},           Field{"note", &Transition::note}};
};

}  // namespace envledger::json
