#include "ledger/codec/family_check.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "ledger/codec/transition.h"
#include "transition_generated.h"

namespace envledger {
namespace {

std::string_view View(const flatbuffers::String* text) {
  return text == nullptr ? std::string_view() : std::string_view(text->c_str(), text->size());
}

bool Missing(std::string_view field, Fault& fault) { return fault.Set(field, "is missing"); }

bool CheckTime(std::optional<int64_t> time, std::string_view field, Fault& fault) {
  return !time.has_value() || *time >= 0 || fault.Set(field, "is before 1970");
}

// Every principal is complete, wherever it appears: anonymous is a kind, not an empty string (invariant 7).
bool CheckPrincipal(const fb::Principal* principal, std::string_view field, Fault& fault) {
  if (principal == nullptr) return Missing(field, fault);
  if (principal->kind() == fb::PrincipalKind::unspecified) return Missing("kind", fault) || fault.In(field);
  if (principal->issuer() == nullptr) return Missing("issuer", fault) || fault.In(field);
  return principal->id() != nullptr || Missing("id", fault) || fault.In(field);
}

bool CheckOptionalPrincipal(const fb::Principal* principal, std::string_view field, Fault& fault) {
  return principal == nullptr || CheckPrincipal(principal, field, fault);
}

// Reports a key that appears twice in its list. There may be thousands of keys: short lists are compared pair by pair,
// long ones sorted.
template <typename Item>
bool CheckDistinct(const flatbuffers::Vector<flatbuffers::Offset<Item>>& items,
                   const flatbuffers::String* (Item::*key)() const, std::string_view key_name, Fault& fault) {
  constexpr flatbuffers::uoffset_t kShort = 12;
  const auto repeated = [&](size_t index) { return fault.Set(key_name, "appears twice") || fault.InItem(index); };
  if (items.size() <= kShort) {
    for (flatbuffers::uoffset_t i = 1; i < items.size(); ++i) {
      for (flatbuffers::uoffset_t j = 0; j < i; ++j) {
        if (View((items.Get(i)->*key)()) == View((items.Get(j)->*key)())) return repeated(i);
      }
    }
    return true;
  }
  std::vector<std::pair<std::string_view, size_t>> keys;
  keys.reserve(items.size());
  for (flatbuffers::uoffset_t i = 0; i < items.size(); ++i) keys.emplace_back(View((items.Get(i)->*key)()), i);
  std::sort(keys.begin(), keys.end());
  const auto twin =
      std::adjacent_find(keys.begin(), keys.end(), [](const auto& a, const auto& b) { return a.first == b.first; });
  return twin == keys.end() || repeated((twin + 1)->second);
}

bool CheckMap(const flatbuffers::Vector<flatbuffers::Offset<fb::KeyValue>>* map, std::string_view field, Fault& fault) {
  if (map == nullptr) return true;
  for (flatbuffers::uoffset_t i = 0; i < map->size(); ++i) {
    const std::string_view missing = map->Get(i)->key() == nullptr ? "key" : "value";
    if (map->Get(i)->key() != nullptr && map->Get(i)->value() != nullptr) continue;
    return Missing(missing, fault) || fault.InItem(i) || fault.In(field);
  }
  return CheckDistinct(*map, &fb::KeyValue::key, "key", fault) || fault.In(field);
}

bool CheckResource(const fb::Resource& resource, Fault& fault) {
  if (resource.name() == nullptr) return Missing("name", fault);
  const auto min = resource.min();
  const auto max = resource.max();
  if (!resource.amount().has_value() && !min.has_value() && !max.has_value()) return Missing("amount", fault);
  if (min.has_value() && max.has_value() && *min > *max) return fault.Set("min", "is greater than max");
  if (resource.unit_of() != nullptr && resource.per() != fb::Per::unit) {
    return fault.Set("unit_of", "is only allowed when per is unit");
  }
  return true;
}

bool CheckResources(const flatbuffers::Vector<flatbuffers::Offset<fb::Resource>>* resources, std::string_view field,
                    Fault& fault) {
  if (resources == nullptr) return true;
  for (flatbuffers::uoffset_t i = 0; i < resources->size(); ++i) {
    if (!CheckResource(*resources->Get(i), fault)) return fault.InItem(i) || fault.In(field);
  }
  return CheckDistinct(*resources, &fb::Resource::name, "name", fault) || fault.In(field);
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool CheckSha256(const flatbuffers::String* digest, std::string_view field, Fault& fault) {
  constexpr std::string_view kPrefix = "sha256:";
  if (digest == nullptr) return true;
  const std::string_view text = View(digest);
  if (text.size() == kPrefix.size() + 64 && text.starts_with(kPrefix) && IsHex(text.substr(kPrefix.size())))
    return true;
  return fault.Set(field, "is not \"sha256:\" and 64 lower-case hexadecimal digits");
}

// "<algorithm>:<hex>", for digests made elsewhere.
bool CheckDigest(const flatbuffers::String* digest, std::string_view field, Fault& fault) {
  if (digest == nullptr) return true;
  const std::string_view text = View(digest);
  const size_t colon = text.find(':');
  const std::string_view algorithm = text.substr(0, colon);
  const bool named = !algorithm.empty() && std::all_of(algorithm.begin(), algorithm.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == '_';
  });
  if (named && colon != std::string_view::npos && colon + 1 < text.size() && IsHex(text.substr(colon + 1))) return true;
  return fault.Set(field, "is not \"<algorithm>:<lower-case hexadecimal digits>\"");
}

// W3C trace context, version 00: 00-<32 hex>-<16 hex>-<2 hex>, neither id all zeros.
bool IsTraceparent(std::string_view text) {
  if (text.size() != 55 || text.substr(0, 3) != "00-" || text[35] != '-' || text[52] != '-') return false;
  const std::string_view trace = text.substr(3, 32);
  const std::string_view span = text.substr(36, 16);
  const auto nonzero = [](std::string_view id) { return id.find_first_not_of('0') != std::string_view::npos; };
  return IsHex(trace) && IsHex(span) && IsHex(text.substr(53)) && nonzero(trace) && nonzero(span);
}

bool CheckHop(const fb::DelegationHop& hop, Fault& fault) {
  return CheckPrincipal(hop.actor(), "actor", fault) && CheckTime(hop.issued_at(), "issued_at", fault) &&
         CheckTime(hop.expires_at(), "expires_at", fault);
}

}  // namespace

bool IsEnvelopeId(std::string_view text) {
  return !text.empty() && text.size() <= kMaxEnvelopeIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool CheckIdentity(const fb::Identity& identity, Fault& fault) {
  if (!CheckPrincipal(identity.requester(), "requester", fault)) return false;
  if (!CheckOptionalPrincipal(identity.subject(), "subject", fault)) return false;
  const auto* delegation = identity.delegation();
  for (flatbuffers::uoffset_t i = 0; delegation != nullptr && i < delegation->size(); ++i) {
    if (!CheckHop(*delegation->Get(i), fault)) return fault.InItem(i) || fault.In("delegation");
  }
  return true;
}

bool CheckExecution(const fb::Execution& execution, Fault& fault) {
  if (execution.kind() == fb::ExecutionKind::unspecified) return Missing("kind", fault);
  if (execution.kind() == fb::ExecutionKind::other && execution.kind_detail() == nullptr) {
    return fault.Set("kind_detail", "is missing; it is required when kind is other");
  }
  const auto* targets = execution.targets();
  for (flatbuffers::uoffset_t i = 0; targets != nullptr && i < targets->size(); ++i) {
    if (!CheckDigest(targets->Get(i)->digest(), "digest", fault)) return fault.InItem(i) || fault.In("targets");
  }
  if (execution.parent_envelope_id() != nullptr && !IsEnvelopeId(View(execution.parent_envelope_id()))) {
    return fault.Set("parent_envelope_id", "is not 1 to 128 printable ASCII characters without spaces");
  }
  return CheckSha256(execution.request_digest(), "request_digest", fault) &&
         CheckTime(execution.deadline(), "deadline", fault);
}

bool CheckScope(const fb::Scope& scope, Fault& fault) {
  if (scope.kind() == nullptr) return Missing("kind", fault);
  if (scope.binding() == fb::ScopeBinding::unspecified) return Missing("binding", fault);
  if (scope.binding() == fb::ScopeBinding::bound && scope.id() == nullptr) {
    return fault.Set("id", "is missing; it is required when binding is bound");
  }
  return CheckMap(scope.hints(), "hints", fault);
}

bool CheckRequested(const fb::Transition& transition, Fault& fault) {
  return CheckResources(transition.requested(), "requested", fault);
}

bool CheckDecision(const fb::Decision& decision, Stage stage, Fault& fault) {
  const fb::Effect effect = decision.effect();
  const bool allows = effect == fb::Effect::allow || effect == fb::Effect::narrow;
  if (decision.policy() != nullptr && !CheckDigest(decision.policy()->digest(), "digest", fault)) {
    return fault.In("policy");
  }
  if (!CheckOptionalPrincipal(decision.decider(), "decider", fault)) return false;
  if (stage == Stage::kCancelled || stage == Stage::kRevoked) {
    return decision.decider() != nullptr ||
           fault.Set("decider", "is missing; cancelled and revoked records must name who did it");
  }
  if (effect == fb::Effect::unspecified) return Missing("effect", fault);
  if (stage == Stage::kAdmitted && !allows) {
    return fault.Set("effect", "must be allow or narrow in an admitted record", "admitted-needs-allow");
  }
  if (stage == Stage::kGranted && !allows) {
    return fault.Set("effect", "must be allow or narrow in a granted record", "grant-needs-allow");
  }
  if (stage == Stage::kDenied && effect != fb::Effect::deny) {
    return fault.Set("effect", "must be deny in a denied record", "denied-needs-deny");
  }
  if (stage == Stage::kDenied && (decision.reasons() == nullptr || decision.reasons()->size() == 0)) {
    return fault.Set("reasons", "are missing; a denied record must give at least one", "denied-needs-deny");
  }
  return true;
}

bool CheckGranted(const fb::Granted& granted, Fault& fault) {
  if (granted.resources() == nullptr) return fault.Set("resources", "is missing; to grant nothing, give an empty list");
  return CheckResources(granted.resources(), "resources", fault) &&
         CheckTime(granted.not_before(), "not_before", fault) && CheckTime(granted.expires_at(), "expires_at", fault) &&
         CheckOptionalPrincipal(granted.charge_to(), "charge_to", fault);
}

bool CheckRouting(const fb::Routing& routing, Fault& fault) {
  return CheckMap(routing.native_ids(), "native_ids", fault);
}

bool CheckOutcome(const fb::Outcome& outcome, Stage stage, Fault& fault) {
  const bool mandatory = stage == Stage::kRejected || stage == Stage::kFailed;
  if (mandatory && outcome.code() == nullptr && outcome.reason() == nullptr) {
    return fault.Set("reason", "is missing; rejected and failed records must give a code or a reason");
  }
  return CheckResources(outcome.usage(), "usage", fault) &&
         CheckSha256(outcome.result_digest(), "result_digest", fault) &&
         CheckTime(outcome.started_at(), "started_at", fault) && CheckTime(outcome.ended_at(), "ended_at", fault);
}

bool CheckCorrelation(const fb::Correlation& correlation, Fault& fault) {
  if (correlation.traceparent() != nullptr && !IsTraceparent(View(correlation.traceparent()))) {
    return fault.Set("traceparent", "is not a W3C traceparent of version 00");
  }
  return CheckMap(correlation.external_ids(), "external_ids", fault);
}

}  // namespace envledger
