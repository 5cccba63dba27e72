// Which producer may append to an envelope: the one that opened it, and those that the configuration names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/codec/entry.h"
#include "ledger/sealing/heads.h"

namespace envledger {

// `mover` may append to envelopes that `owner` opened. Both are names of producers, as they are recorded; the owner "*"
// is anybody.
struct CrossProducerRule {
  std::string mover;
  std::string owner;
};

// Constant after construction, so thread-safe.
class Ownership {
 public:
  explicit Ownership(const std::vector<CrossProducerRule>& rules);

  // A producer owns what its name opened, and what its uid opened: the name of a uid may change, and one name may stand
  // for several uids.
  bool MayAppend(const Recorder& who, const Owner& owner) const;

 private:
  struct Rule {
    std::string mover;
    bool any = false;
    PrincipalMark owner{};
  };
  std::vector<Rule> rules_;
};

// The rule that refuses to open an envelope whose id another producer has used. It tells a stranger that the id is in
// use, and nothing else.
inline constexpr std::string_view kRuleEnvelopeTaken = "envelope-taken";

}  // namespace envledger
