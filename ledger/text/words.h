// Parts of envelopes in a few words, for people. Text from producers is returned as it is: the caller applies SafeText.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/time.h"
#include "ledger/codec/envelope.h"
#include "ledger/codec/model.h"

namespace envledger {

std::string Grouped(uint64_t number);  // "1,234,567"

// "2026-03-17 09:20:00", to the second; "2026-03-17 09:20:00.708", with all digits.
std::string ShortTime(Nanos time);
std::string FullTime(Nanos time);

// "user:alice".
std::string PrincipalText(const Principal& principal);
// "user:alice@id.example.com".
std::string FullPrincipalText(const Principal& principal);

// Remembers which names were used, so that principals which differ only in their issuer are told apart. Once it holds
// kMaxBytes it remembers no more, and gives everybody's issuer.
class NameBook {
 public:
  static constexpr size_t kMaxBytes = 16 << 20;

  void Learn(const Envelope& envelope);
  void Learn(const Principal& principal);
  // PrincipalText, with the issuer when the same name exists under another issuer.
  std::string Name(const Principal& principal) const;

 private:
  struct Named {
    std::string issuer;   // the first one with this name
    bool shared = false;  // there is a second one
  };
  std::map<std::string, Named> names_;
  size_t bytes_ = 0;
};

// "agent:aria for user:dana via agent:helper".
std::string WhoText(const Envelope& envelope, const NameBook& names);
// "inference POST /v1/chat/completions model:llama-3 +1".
std::string WhatText(const Execution& execution);
std::string TargetText(const Target& target);  // "model:llama-3@2"
std::string ScopeText(const Scope& scope);     // "project:search", "unbound"

// "8", "64Gi", "1..4", ">=2", "2 x nodes" for an amount per unit.
std::string AmountText(const Resource& resource);
// "gpu 8, memory 64Gi".
std::string ResourcesText(const ResourceMap& resources);
// Every resource that one of the maps names, each once: in the order of the first map, then of the next.
std::vector<std::string> ResourceNames(const std::vector<const ResourceMap*>& maps);

// "as_requested", or what differs from it: "narrowed gpu, memory; added cpu"; and the relation that decides its colour.
struct RelationWords {
  std::string text;
  Relation worst = Relation::kAsRequested;
};
RelationWords SummaryOf(const Envelope& envelope);

}  // namespace envledger
