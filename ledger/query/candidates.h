// The records that an index offers for a query, one by one in the answer's order. Private to this room.
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
  bool none = false;  // not a candidate, but word that there is none up to this seq
  // For a principal's list: the principal and the ordinal whose link the record must carry.
  const Principal* principal = nullptr;
  uint64_t ordinal = 0;
};

// Whether the entry itself, under the chain, carries this principal's link of this ordinal. If every ordinal in an
// index leads to such an entry, the index has left none out and misplaced none.
bool CarriesLink(const Record& record, const Principal& principal, uint64_t ordinal);
// The kCorruption of an index whose entry does not carry that link.
Status MisplacedOrdinal(const std::string& principal_id, uint64_t ordinal, uint64_t seq);

class Candidates {
 public:
  virtual ~Candidates() = default;
  // nullopt at the end.
  virtual Result<std::optional<Candidate>> Next() = 0;
};

// The candidates of a query, from the lists that promise the least work: see plan.cc. `after`: only places beyond it,
// in the direction of the answer. All are below view.tree_size. What is read on the way is counted. Neither the
// matcher, its query nor the effort is owned.
Result<std::unique_ptr<Candidates>> PlanCandidates(const LedgerView& view, const QueryRequest& query,
                                                   const Matcher& matcher, std::optional<uint64_t> after,
                                                   const AnswerLimits& limits, Effort& effort);

// The links of the principals that the filter names, in any role, in the order of their seqs. Null when there are more
// principals than AnswerLimits::max_principals, or when to find their places is too much work for one page.
Result<std::unique_ptr<Candidates>> PrincipalCandidates(const LedgerView& view, const PrincipalFilter& filter,
                                                        bool descending, std::optional<uint64_t> after,
                                                        const AnswerLimits& limits, Effort& effort);
// Whether there are more than so many such links.
Result<bool> HasMoreLinks(const LedgerView& view, const PrincipalFilter& filter, uint64_t than, Effort& effort);

}  // namespace envledger
