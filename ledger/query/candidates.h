// The records that an index offers for a query, one by one in the order of the answer. Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/match.h"
#include "ledger/query/view.h"

namespace envledger {

struct Candidate {
  uint64_t seq = 0;
  bool none = false;  // no candidate: only word that there is none up to here
  // Of a principal's list: whose link the record must carry, and which.
  const Principal* principal = nullptr;
  uint64_t ordinal = 0;
};

// Whether the entry itself, under the chain, carries this principal's link of this ordinal. An index whose every
// ordinal names such an entry has left none out, and can have put none elsewhere.
bool CarriesLink(const Record& record, const Principal& principal, uint64_t ordinal);
// The kCorruption of an index that says otherwise.
Status MisplacedOrdinal(const std::string& principal_id, uint64_t ordinal, uint64_t seq);

class Candidates {
 public:
  virtual ~Candidates() = default;
  // Nothing at the end.
  virtual Result<std::optional<Candidate>> Next() = 0;
};

// The candidates of a query by the lists that promise the least work: see plan.cc. `after`: only places beyond it in
// the direction of the answer. All lie below view.tree_size. What is read on the way is counted in `reads`. Neither the
// matcher nor its query is owned.
Result<std::unique_ptr<Candidates>> PlanCandidates(const LedgerView& view, const QueryRequest& query,
                                                   const Matcher& matcher, std::optional<uint64_t> after,
                                                   const AnswerLimits& limits, uint64_t* reads);

// The links of the principals that the filter names, whatever their role, in the order of their seqs.
// kResourceExhausted when there are too many of them (AnswerLimits::max_principal_bytes).
Result<std::unique_ptr<Candidates>> PrincipalCandidates(const LedgerView& view, const PrincipalFilter& filter,
                                                        bool descending, std::optional<uint64_t> after,
                                                        const AnswerLimits& limits);
// How many those are.
Result<uint64_t> CountLinks(const LedgerView& view, const PrincipalFilter& filter);

}  // namespace envledger
