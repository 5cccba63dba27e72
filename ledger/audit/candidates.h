// The seqs that an index offers for a query, one by one in the order of the answer. Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/audit/view.h"
#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"

namespace envledger {

struct Candidate {
  uint64_t seq = 0;
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

// `after`: only seqs beyond it in the direction of the walk. All of them lie below view.tree_size.
std::unique_ptr<Candidates> FacetCandidates(const LedgerView& view, std::string prefix, bool descending,
                                            std::optional<uint64_t> after);
Result<std::unique_ptr<Candidates>> PrincipalCandidates(const LedgerView& view, const PrincipalFilter& filter,
                                                        bool descending, std::optional<uint64_t> after);
// The `requested` records with since <= occurred_at < until. Holds 8 bytes for each; nothing when there are more than
// `at_most` of them.
Result<std::unique_ptr<Candidates>> TimeCandidates(const LedgerView& view, Nanos since, Nanos until, bool descending,
                                                   std::optional<uint64_t> after, size_t at_most);

}  // namespace envledger
