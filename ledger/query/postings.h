// Posting lists: the seqs that the index has for a facet, and combinations of several such lists. Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/query/effort.h"
#include "ledger/query/view.h"

namespace envledger {

// Seqs below the view's tree_size, ascending or descending, read forwards only. For one user at a time; the view's
// index must outlive it.
class Postings {
 public:
  virtual ~Postings() = default;
  // The first seq of the list at `from` or beyond it in the list's direction; nullopt at the end. REQUIRES: `from` is
  // not before that of an earlier call.
  virtual Result<std::optional<uint64_t>> Seek(uint64_t from) = 0;
};

// `prefix`: FacetPrefix. The work is counted, here and below.
std::unique_ptr<Postings> FacetPostings(const LedgerView& view, std::string prefix, bool descending, Effort& effort);

// The `requested` records with since <= occurred_at < until. It may include others: when the page's work is done, it
// returns one from the same minute as one of the two ends rather than search on; and if the ledger has records of more
// than kMostMonths different months, it returns all. The greatest `until` means no end. Holds at most about two hundred
// cursors: one for each span of time that the range consists of, and one for each month of the ledger.
// REQUIRES: 0 <= since.
inline constexpr size_t kMostMonths = 128;
Result<std::unique_ptr<Postings>> OpenedPostings(const LedgerView& view, Nanos since, Nanos until, bool descending,
                                                 Effort& effort);

// The first seq of a list beyond `after`; nullopt when there can be none.
std::optional<uint64_t> FirstBeyond(std::optional<uint64_t> after, uint64_t tree_size, bool descending);

// The whole list if it has at most `at_most` postings, otherwise nullopt. The list must be ascending and unread.
Result<std::optional<std::vector<uint64_t>>> TakeAll(Postings& ascending, size_t at_most);

}  // namespace envledger
