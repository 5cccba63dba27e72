// Posting lists: the seqs that the index gives for a facet, and what can be made of several such lists. Private to this
// room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/base/time.h"
#include "ledger/query/view.h"

namespace envledger {

// Seqs below the view's tree_size, ascending or descending, read forwards only. One user at a time; the view's index
// must outlive it.
class Postings {
 public:
  virtual ~Postings() = default;
  // The first seq of the list at `from` or beyond it in the list's direction; nothing at the end. REQUIRES: `from` does
  // not lie before that of an earlier call.
  virtual Result<std::optional<uint64_t>> Seek(uint64_t from) = 0;
};

// `prefix`: FacetPrefix. Every key that is read is counted in `reads` (not owned), here and below.
std::unique_ptr<Postings> FacetPostings(const LedgerView& view, std::string prefix, bool descending, uint64_t* reads);

// The `requested` records with since <= occurred_at < until, and perhaps a few others, which lie in the same minute as
// one of the two and are looked at instead of going on for long without one. The greatest `until` is no end. Holds at
// most some two hundred cursors, one for each span of time that the range is made of, and one for each month of the
// ledger. REQUIRES: 0 <= since.
Result<std::unique_ptr<Postings>> OpenedPostings(const LedgerView& view, Nanos since, Nanos until, bool descending,
                                                 uint64_t* reads);

// Where a list begins beyond `after`; nothing when nothing can be there.
std::optional<uint64_t> FirstBeyond(std::optional<uint64_t> after, uint64_t tree_size, bool descending);

// The whole list when it has at most `at_most` postings, else nothing. The list must be ascending and unread.
Result<std::optional<std::vector<uint64_t>>> TakeAll(Postings& ascending, size_t at_most);

}  // namespace envledger
