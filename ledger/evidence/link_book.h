// The links of the principals that a query names (FORMAT.md section 5.2), collected from the records of an answer.
// Shows whether they are numbered without a gap and, if not, which entry holds the missing link.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/model.h"
#include "ledger/protocol/message.h"

namespace envledger {

struct BookedLink {
  uint64_t ordinal = 0;
  uint64_t seq = 0;
  std::optional<uint64_t> previous;
};

struct NamedLink {
  Principal principal;
  BookedLink link;
};

// Reads the links of one envelope's records, one record at a time; the records show which principal each link belongs
// to. Remembers each principal that they name.
class LinkReader {
 public:
  // Takes the next record's sealed bytes, well-formed, from revision 0 on. kCorruption, naming the entry, when its
  // links are not the ones that its records require.
  Result<std::vector<NamedLink>> Add(std::string_view entry);
  // The same, for all records at once.
  static Result<std::vector<NamedLink>> ReadAll(const std::vector<std::string>& entries);

  // The memory held for the principals, about.
  size_t bytes() const { return bytes_; }

 private:
  std::map<Principal, RoleMask> held_;
  size_t bytes_ = 0;
};

bool Names(const PrincipalFilter& filter, const Principal& principal);  // ignores roles

// Entries from `begin` (inclusive) to `end` (exclusive).
struct Window {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool Holds(uint64_t seq) const { return seq >= begin && seq < end; }
};

// Holds 32 bytes for each link. Not thread-safe.
class LinkBook {
 public:
  explicit LinkBook(PrincipalFilter filter) : filter_(std::move(filter)) {}

  // Adds links; those of principals that the filter does not name are ignored.
  void Add(const std::vector<NamedLink>& links);

  // A link that is missing before a known one: entry `seq` must hold the principal's link with this ordinal.
  struct Gap {
    Principal principal;
    uint64_t ordinal = 0;
    uint64_t seq = 0;
  };
  // Finds a link in `window` that is missing: a known link in the window names it as its predecessor, but no record has
  // shown it. Nothing when no link is missing. kCorruption, naming principal, ordinals and entries, when links
  // contradict each other.
  Result<std::optional<Gap>> NextGap(const Window& window);

  // The range of ordinals of each principal that has a link in `window`. REQUIRES: NextGap found nothing.
  struct Reach {
    uint64_t first = 0;
    uint64_t last = 0;
  };
  std::map<Principal, Reach> Reaches(const Window& window);

 private:
  void Sort();

  const PrincipalFilter filter_;
  std::map<Principal, std::vector<BookedLink>> links_;
  bool sorted_ = true;
};

}  // namespace envledger
