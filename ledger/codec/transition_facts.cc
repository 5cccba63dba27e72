#include <algorithm>
#include <string>
#include <tuple>

#include "ledger/codec/aligned.h"
#include "ledger/codec/transition.h"
#include "transition_generated.h"

namespace envledger {
namespace {

// Adds the principal in this role; a principal that is there already gets the role added.
void Involve(const AlignedBytes& bytes, const fb::Principal* principal, RoleMask role,
             std::vector<Involvement>& involved) {
  if (principal == nullptr) return;
  const auto view = [&](const flatbuffers::String* text) { return bytes.Original(text->c_str(), text->size()); };
  const PrincipalView who{static_cast<PrincipalKind>(principal->kind()), view(principal->issuer()),
                          view(principal->id())};
  // The field that differs most is compared first: a delegation may have thousands of principals of one issuer.
  const auto known = std::find_if(involved.begin(), involved.end(), [&](const Involvement& other) {
    return other.principal.id == who.id && other.principal.issuer == who.issuer && other.principal.kind == who.kind;
  });
  if (known == involved.end()) {
    involved.push_back({who, role});
  } else {
    known->roles |= role;
  }
}

void AddText(std::vector<FacetValue>& facets, Facet facet, const flatbuffers::String* text) {
  if (text != nullptr) facets.push_back({facet, text->str()});
}

// `id` alone, and "kind:id" where it has a kind.
void AddQualified(std::vector<FacetValue>& facets, Facet facet, const flatbuffers::String* kind,
                  const flatbuffers::String* id) {
  if (id == nullptr) return;
  AddText(facets, facet, id);
  if (kind != nullptr) facets.push_back({facet, kind->str() + ":" + id->str()});
}

// Adds what ran where, under the names that the backend gave.
void AddRouting(std::vector<FacetValue>& facets, const fb::Routing& routing) {
  AddText(facets, Facet::kNode, routing.node());
  const auto* placements = routing.placements();
  for (flatbuffers::uoffset_t i = 0; placements != nullptr && i < placements->size(); ++i) {
    AddText(facets, Facet::kNode, placements->Get(i)->node());
  }
  AddText(facets, Facet::kNativeId, routing.target_ref());
  const auto* native_ids = routing.native_ids();
  for (flatbuffers::uoffset_t i = 0; native_ids != nullptr && i < native_ids->size(); ++i) {
    AddText(facets, Facet::kNativeId, native_ids->Get(i)->value());
  }
}

}  // namespace

TransitionFacts FactsOf(std::string_view bytes) {
  const AlignedBytes aligned(bytes);
  const fb::Transition& transition = *fb::GetTransition(aligned.data());
  TransitionFacts facts;
  const auto* id = transition.envelope_id();
  facts.envelope_id = aligned.Original(id->c_str(), id->size());
  facts.stage = static_cast<Stage>(transition.stage());
  facts.occurred_at = transition.occurred_at().value_or(0);
  if (const auto* identity = transition.identity(); identity != nullptr) {
    Involve(aligned, identity->requester(), kRequester, facts.involved);
    Involve(aligned, identity->subject(), kSubject, facts.involved);
    const auto* hops = identity->delegation();
    for (flatbuffers::uoffset_t i = 0; hops != nullptr && i < hops->size(); ++i) {
      Involve(aligned, hops->Get(i)->actor(), kDelegate, facts.involved);
      facts.binding_failed |= hops->Get(i)->binding() == fb::HopBinding::failed;
    }
  }
  if (transition.scope() != nullptr) {
    facts.binding_failed |= transition.scope()->binding() == fb::ScopeBinding::failed;
  }
  if (transition.decision() != nullptr) {
    facts.effect = static_cast<Effect>(transition.decision()->effect());
    Involve(aligned, transition.decision()->decider(), kDecider, facts.involved);
  }
  return facts;
}

std::vector<FacetValue> FacetsOf(std::string_view bytes) {
  const AlignedBytes aligned(bytes);
  const fb::Transition& transition = *fb::GetTransition(aligned.data());
  std::vector<FacetValue> facets;
  if (transition.identity() != nullptr) AddText(facets, Facet::kTenant, transition.identity()->tenant());
  if (const auto* execution = transition.execution(); execution != nullptr) {
    facets.push_back({Facet::kKind, std::string(Name(static_cast<ExecutionKind>(execution->kind())))});
    AddText(facets, Facet::kParent, execution->parent_envelope_id());
    const auto* targets = execution->targets();
    for (flatbuffers::uoffset_t i = 0; targets != nullptr && i < targets->size(); ++i) {
      AddQualified(facets, Facet::kTarget, targets->Get(i)->type(), targets->Get(i)->id());
    }
  }
  if (transition.scope() != nullptr) {
    AddQualified(facets, Facet::kScope, transition.scope()->kind(), transition.scope()->id());
  }
  if (const auto* correlation = transition.correlation(); correlation != nullptr) {
    AddText(facets, Facet::kRequestId, correlation->request_id());
    if (correlation->traceparent() != nullptr) {
      facets.push_back({Facet::kTraceId, correlation->traceparent()->str().substr(3, 32)});
    }
  }
  if (transition.routing() != nullptr) AddRouting(facets, *transition.routing());
  const auto key = [](const FacetValue& facet) { return std::tie(facet.facet, facet.value); };
  std::sort(facets.begin(), facets.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  facets.erase(
      std::unique(facets.begin(), facets.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); }),
      facets.end());
  return facets;
}

}  // namespace envledger
