// What a query asks of an envelope, judged on the envelope's own records: by those who answer, and by those who check
// an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Which record gives an envelope its place in the answer; see QueryRequest in protocol.fbs.
enum class PlaceRule { kRequested, kPrincipal, kNativeId, kNode, kRecorder };
PlaceRule PlaceRuleOf(const QueryRequest& query);

// Of a query without an empty principal id, which it borrows. Thread-safe.
class Matcher {
 public:
  explicit Matcher(const QueryRequest& query) : query_(query), rule_(PlaceRuleOf(query)) {}

  PlaceRule rule() const { return rule_; }
  // Whether the rule can take this record as its envelope's place: it is the first of those that pass.
  bool CanPlace(const Record& record) const;
  // Nothing when no record passes.
  std::optional<uint64_t> PlaceOf(const std::vector<Record>& records) const;

  // Whether the `requested` record alone tells that its envelope is not in the answer. REQUIRES: it is one.
  bool RulesOut(const Record& requested) const;
  // The roles that the queried principal holds (0 without one), or nothing when the envelope does not match. REQUIRES:
  // all its records in order, the first `requested`.
  std::optional<RoleMask> Judge(const std::vector<Record>& records) const;

 private:
  bool Carries(const std::vector<Record>& records) const;

  const QueryRequest& query_;
  const PlaceRule rule_;
};

}  // namespace envledger
