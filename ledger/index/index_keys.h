// What the indexes hold: the one place that says which keys an entry gives and how they are read.
//
//   envelopes   envelope id, 0x00, revision (u64)                       -> seq (u64)
//   principals  principal id, 0x00, kind (u8), issuer, 0x00, ordinal (u64) -> PrincipalPosting
//   facets      facet (u8), value, 0x00, seq (u64)                      -> nothing; occurred_at (u64) in the shortest
//                                                                          spans of kFacetOpenedIn
//   tree        tree_index.h
//
// Integers are big-endian. No string of a transition holds U+0000, so keys are unambiguous and sort as their parts do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/store/index_db.h"

namespace envledger {

std::string EnvelopePrefix(std::string_view envelope_id);
std::string EnvelopeKey(std::string_view envelope_id, uint64_t revision);

std::string PrincipalPrefix(const PrincipalView& principal);
std::string PrincipalKey(std::string_view prefix, uint64_t ordinal);
// The principal of a key. Nothing when the key is malformed.
std::optional<Principal> PrincipalOfKey(std::string_view key);

// A principal's link, with what its links up to this one add up to: the last one answers for all.
struct PrincipalPosting {
  uint64_t seq = 0;
  RoleMask roles = 0;                          // newly held in the envelope by this link
  std::array<uint64_t, kRoleCount> by_role{};  // envelopes by role, so far
  uint64_t envelopes = 0;                      // envelopes, so far
  Nanos first_seen = 0;                        // the least and the greatest occurred_at so far
  Nanos last_seen = 0;
};
std::string EncodePosting(const PrincipalPosting& posting);
Result<PrincipalPosting> DecodePosting(std::string_view value);

// Facets of the index beyond those that the codec finds in a transition.
inline constexpr auto kFacetOpened = static_cast<Facet>(32);    // value: empty; one for each `requested`
inline constexpr auto kFacetOpenedIn = static_cast<Facet>(33);  // value: a span of time (SpanKey), of `requested`
inline constexpr auto kFacetEvent = static_cast<Facet>(34);     // value: a ledger event's name; and empty, for any

// Spans of time of four lengths, each 32 of the one below: a minute, half an hour, most of a day, most of a month.
// Every `requested` record lies in one of each length, so that any range of time is a few whole spans, and what is left
// over at its two ends. Their numbers count from the epoch (occurred_at is never before it).
inline constexpr int kSpanLevels = 4;
constexpr int SpanBits(int level) { return 36 + 5 * level; }  // 2^36 ns are 68.7 s
// level (u8), number (u64).
std::string SpanKey(int level, uint64_t number);

std::string FacetPrefix(Facet facet, std::string_view value);
std::string FacetKey(std::string_view prefix, uint64_t seq);
// The seq that an index key or value came from. kCorruption when they are malformed.
Result<uint64_t> SeqOf(Table table, std::string_view key, std::string_view value);

// Appends the keys that an entry gives by itself, whatever stands before it: those of its envelope and its facets, the
// tree's excepted (TreeBuilder).
void AppendOwnKeys(const PreparedEntry& prepared, std::vector<IndexPut>& out);

// Turns entries, in order, into the keys of every table but the tree. Holds the totals of recent principals; the others
// are read from `cold`, which must reach as far as everything given before the last Trim. One user at a time.
class IndexBuilder {
 public:
  // `cold` is not owned and may be null: then everything is held.
  explicit IndexBuilder(const IndexReader* cold) : cold_(cold) {}

  // Appends all keys of the entry to `out`. kCorruption when its links do not continue those before.
  Status Add(const PreparedEntry& prepared, std::vector<IndexPut>& out);
  // Appends those that continue what stands before it: the postings of its principals. Errors as Add.
  Status AddLinks(const PreparedEntry& prepared, std::vector<IndexPut>& out);
  // Forgets what is held when it is more than `keep` principals. REQUIRES: everything given is in `cold` now.
  void Trim(size_t keep);

 private:
  struct Totals {
    uint64_t ordinal = 0;
    PrincipalPosting posting;
  };
  Result<Totals*> Find(const std::string& prefix, uint64_t ordinal_before);

  const IndexReader* const cold_;
  std::unordered_map<std::string, Totals> totals_;
};

}  // namespace envledger
