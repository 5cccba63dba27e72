#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>

#include "ledger/base/siphash.h"
#include "ledger/codec/aligned.h"
#include "ledger/codec/transition.h"
#include "transition_generated.h"

namespace envledger {
namespace {

// Gathers the principals of one record, each once. A record may name thousands, so there is a table once they are many.
class Principals {
 public:
  Principals(const AlignedBytes& bytes, std::vector<Involvement>& involved) : bytes_(bytes), involved_(involved) {}

  void Add(const fb::Principal* principal, RoleMask role) {
    if (principal == nullptr) return;
    const PrincipalView who{static_cast<PrincipalKind>(principal->kind()), View(principal->issuer()),
                            View(principal->id())};
    Involvement* const known = involved_.size() < kFew ? FindAmongFew(who) : FindInTable(who);
    if (known != nullptr) {
      known->roles |= role;
      return;
    }
    involved_.push_back({who, role});
  }

 private:
  static constexpr size_t kFew = 16;
  struct Hash {
    size_t operator()(const PrincipalView& who) const {
      SipHash hash(ProcessSipKey());
      hash.Add(static_cast<uint64_t>(who.kind));
      hash.Add(who.issuer);
      hash.Add(who.id);
      return hash.Finish();
    }
  };
  std::string_view View(const flatbuffers::String* text) const { return bytes_.Original(text->c_str(), text->size()); }
  Involvement* FindAmongFew(const PrincipalView& who) {
    const auto known = std::find_if(involved_.begin(), involved_.end(),
                                    [&](const Involvement& other) { return other.principal == who; });
    return known != involved_.end() ? &*known : nullptr;
  }
  Involvement* FindInTable(const PrincipalView& who) {
    for (; listed_ < involved_.size(); ++listed_) places_.emplace(involved_[listed_].principal, listed_);
    const auto found = places_.find(who);
    return found != places_.end() ? &involved_[found->second] : nullptr;
  }

  const AlignedBytes& bytes_;
  std::vector<Involvement>& involved_;
  size_t listed_ = 0;  // how many of them are in `places_`
  std::unordered_map<PrincipalView, size_t, Hash> places_;
};

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
  Principals principals(aligned, facts.involved);
  const auto* id = transition.envelope_id();
  facts.envelope_id = aligned.Original(id->c_str(), id->size());
  facts.stage = static_cast<Stage>(transition.stage());
  facts.occurred_at = transition.occurred_at().value_or(0);
  if (const auto* identity = transition.identity(); identity != nullptr) {
    principals.Add(identity->requester(), kRequester);
    principals.Add(identity->subject(), kSubject);
    const auto* hops = identity->delegation();
    for (flatbuffers::uoffset_t i = 0; hops != nullptr && i < hops->size(); ++i) {
      principals.Add(hops->Get(i)->actor(), kDelegate);
      facts.binding_failed |= hops->Get(i)->binding() == fb::HopBinding::failed;
    }
  }
  if (transition.scope() != nullptr) {
    facts.binding_failed |= transition.scope()->binding() == fb::ScopeBinding::failed;
  }
  if (transition.decision() != nullptr) {
    facts.effect = static_cast<Effect>(transition.decision()->effect());
    principals.Add(transition.decision()->decider(), kDecider);
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
