// The links of the principals that a query names (FORMAT.md section 5.2), gathered from the records of an answer:
// whether they are numbered without a gap, and where they are not, which entry holds what is missing.
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

// Reads the links of one envelope's records, one by one: who each is of follows from the records. Holds each principal
// that they name.
class LinkReader {
 public:
  // The next record's sealed bytes, well-formed, from revision 0. kCorruption, naming the entry, when it has other
  // links than the records call for.
  Result<std::vector<NamedLink>> Add(std::string_view entry);
  // The same for all records at once.
  static Result<std::vector<NamedLink>> ReadAll(const std::vector<std::string>& entries);

 private:
  std::map<Principal, RoleMask> held_;
};

bool Names(const PrincipalFilter& filter, const Principal& principal);  // whatever its roles

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

  // Those of principals that the filter does not name are passed over.
  void Add(const std::vector<NamedLink>& links);

  // What stands between two known links, seen from the later one: entry `seq` must hold the link of this ordinal.
  struct Gap {
    Principal principal;
    uint64_t ordinal = 0;
    uint64_t seq = 0;
  };
  // A link that is missing among the entries of `window`: one that a known link there has before it, while nobody has
  // given it. Nothing when none is. kCorruption, naming principal, ordinals and entries, when links contradict each
  // other.
  Result<std::optional<Gap>> NextGap(const Window& window);

  // The ordinals of each principal that has a link in `window`. REQUIRES: NextGap found none.
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
