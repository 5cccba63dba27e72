#include "ledger/sealing/ownership.h"

#include <algorithm>

namespace envledger {

Ownership::Ownership(const std::vector<CrossProducerRule>& rules) {
  for (const CrossProducerRule& rule : rules) {
    rules_.push_back({rule.mover, rule.owner == "*", MarkOf(rule.owner)});
  }
}

bool Ownership::MayAppend(const Recorder& who, const Owner& owner) const {
  if (who.uid == owner.uid || MarkOf(who.producer) == owner.producer) return true;
  return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    return rule.mover == who.producer && (rule.any || rule.owner == owner.producer);
  });
}

}  // namespace envledger
