#include "ledger/text/words.h"

#include <set>

#include "ledger/base/message.h"
#include "ledger/codec/quantity.h"

namespace envledger {
namespace {

std::string WithoutScheme(std::string_view issuer) {
  const size_t scheme = issuer.find("://");
  return std::string(scheme == std::string_view::npos ? issuer : issuer.substr(scheme + 3));
}

}  // namespace

std::string Grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t from_end = 3; from_end < text.size(); from_end += 4) text.insert(text.size() - from_end, 1, ',');
  return text;
}

std::string FullTime(Nanos time) {
  std::string text = FormatTime(time);
  text.pop_back();  // the Z: column titles say UTC
  text[10] = ' ';
  return text;
}

std::string ShortTime(Nanos time) { return FullTime(time).substr(0, 19); }

std::string PrincipalText(const Principal& principal) { return std::string(Name(principal.kind)) + ":" + principal.id; }

std::string FullPrincipalText(const Principal& principal) {
  return PrincipalText(principal) + "@" + WithoutScheme(principal.issuer);
}

void NameBook::Learn(const Principal& principal) {
  if (bytes_ > kMaxBytes) return;
  const auto [named, fresh] = names_.try_emplace(PrincipalText(principal), Named{principal.issuer});
  if (!fresh) {
    named->second.shared = named->second.shared || named->second.issuer != principal.issuer;
    return;
  }
  constexpr size_t kNodeBytes = 128;
  bytes_ += kNodeBytes + named->first.size() + principal.issuer.size();
}

void NameBook::Learn(const Envelope& envelope) {
  Learn(envelope.identity.requester);
  if (envelope.identity.subject) Learn(*envelope.identity.subject);
  for (const DelegationHop& hop : envelope.identity.delegation) Learn(hop.actor);
}

std::string NameBook::Name(const Principal& principal) const {
  std::string text = PrincipalText(principal);
  const auto found = names_.find(text);
  const bool shared = bytes_ > kMaxBytes || (found != names_.end() && found->second.shared);
  return shared ? FullPrincipalText(principal) : text;
}

std::string WhoText(const Envelope& envelope, const NameBook& names) {
  const Identity& identity = envelope.identity;
  std::string text = names.Name(identity.requester);
  if (identity.subject) text += " for " + names.Name(*identity.subject);
  std::vector<std::string> hops;
  for (const DelegationHop& hop : identity.delegation) {
    const bool said = hop.actor == identity.requester || (identity.subject && hop.actor == *identity.subject);
    if (!said) hops.push_back(names.Name(hop.actor));
  }
  if (!hops.empty()) text += " via " + Joined(hops, ", ");
  return text;
}

std::string TargetText(const Target& target) {
  std::string text = target.type.empty() ? "" : target.type + ":";
  text += target.id.empty() ? target.digest : target.id;
  if (!target.version.empty()) text += "@" + target.version;
  return text;
}

std::string WhatText(const Execution& execution) {
  const bool other = execution.kind == ExecutionKind::kOther && !execution.kind_detail.empty();
  std::string text = other ? execution.kind_detail : std::string(Name(execution.kind));
  if (!execution.operation.empty()) text += " " + execution.operation;
  if (!execution.targets.empty()) text += " " + TargetText(execution.targets.front());
  if (execution.targets.size() > 1) text += " +" + std::to_string(execution.targets.size() - 1);
  return text;
}

std::string ScopeText(const Scope& scope) {
  if (scope.id.empty()) return scope.binding == ScopeBinding::kBound ? scope.kind : std::string(Name(scope.binding));
  std::string text = scope.kind + ":" + scope.id;
  if (scope.binding != ScopeBinding::kBound) text += " (" + std::string(Name(scope.binding)) + ")";
  return text;
}

std::string AmountText(const Resource& resource) {
  std::string text;
  if (resource.amount) text = HumanQuantity(*resource.amount);
  std::string bounds;
  if (resource.min && resource.max) {
    bounds = HumanQuantity(*resource.min) + ".." + HumanQuantity(*resource.max);
  } else if (resource.min) {
    bounds = ">=" + HumanQuantity(*resource.min);
  } else if (resource.max) {
    bounds = "<=" + HumanQuantity(*resource.max);
  }
  if (!bounds.empty()) text += text.empty() ? bounds : " (" + bounds + ")";
  if (resource.per == Per::kUnit) text += resource.unit_of.empty() ? " each" : " x " + resource.unit_of;
  return text;
}

std::string ResourcesText(const ResourceMap& resources) {
  std::vector<std::string> parts;
  parts.reserve(resources.size());
  for (const Resource& resource : resources) parts.push_back(resource.name + " " + AmountText(resource));
  return Joined(parts, ", ");
}

std::vector<std::string> ResourceNames(const std::vector<const ResourceMap*>& maps) {
  std::vector<std::string> names;
  std::set<std::string_view> seen;
  for (const ResourceMap* map : maps) {
    for (const Resource& resource : *map) {
      if (seen.insert(resource.name).second) names.push_back(resource.name);
    }
  }
  return names;
}

RelationWords SummaryOf(const Envelope& envelope) {
  // The most notable first: refused, cut, more than requested, not requested, not stated.
  static constexpr Relation kOrder[] = {Relation::kWithheld, Relation::kNarrowed, Relation::kWidened, Relation::kAdded,
                                        Relation::kUnstated};
  RelationWords words;
  for (const Relation relation : kOrder) {
    std::vector<std::string> names;
    for (const auto& [name, of_it] : envelope.relation) {
      if (of_it == relation) names.push_back(name);
    }
    if (names.empty()) continue;
    if (words.text.empty()) {
      words.worst = relation;
    } else {
      words.text += "; ";
    }
    words.text += std::string(Name(relation)) + " " + Joined(names, ", ");
  }
  if (words.text.empty() && !envelope.relation.empty()) words.text = Name(Relation::kAsRequested);
  return words;
}

}  // namespace envledger
