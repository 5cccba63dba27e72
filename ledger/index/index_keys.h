// What the indexes hold. This is the only place that defines which keys an entry gives, and how they are read.
//
//   envelopes   envelope id, 0x00, revision (u64), seq (u64)            -> nothing
//   principals  principal id, 0x00, kind (u8), issuer, 0x00, ordinal (u64) -> PrincipalPosting
//   facets      facet (u8), value, 0x00, seq (u64)                      -> nothing; occurred_at (u64) in the shortest
//                                                                          spans of kFacetOpenedIn
//   tree        tree_index.h
//
// Integers are big-endian. No string of a transition contains U+0000, so keys are unambiguous and sort as their parts
// do.
//
// Every key names its seq, so no two entries ever give the same key, not even in a ledger in which a broken index once
// caused a revision or an ordinal to be sealed twice. Such a ledger can be indexed like any other; reporting what is
// wrong with it is left to verification, and to the readers of its records.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/base/siphash.h"
#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/transition.h"
#include "ledger/store/index_db.h"

namespace envledger {

std::string EnvelopePrefix(std::string_view envelope_id);
std::string EnvelopeKey(std::string_view envelope_id, uint64_t revision, uint64_t seq);
// The first possible key of the records from this revision on.
std::string EnvelopeSeekKey(std::string_view envelope_id, uint64_t revision);
// The revision of an EnvelopeKey. kCorruption when it is too short to hold one.
Result<uint64_t> RevisionOf(std::string_view key);

std::string PrincipalPrefix(const PrincipalView& principal);
std::string PrincipalKey(std::string_view prefix, uint64_t ordinal);
// The principal of a key; nullopt when the key is malformed.
std::optional<Principal> PrincipalOfKey(std::string_view key);

// A principal's link, with the totals of its links up to and including this one, so that the last link has them all.
struct PrincipalPosting {
  uint64_t seq = 0;
  RoleMask roles = 0;                          // that this link adds in the envelope
  std::array<uint64_t, kRoleCount> by_role{};  // envelopes by role, so far
  uint64_t envelopes = 0;                      // envelopes, so far
  Nanos first_seen = 0;                        // the least and the greatest occurred_at so far
  Nanos last_seen = 0;
};
std::string EncodePosting(const PrincipalPosting& posting);
Result<PrincipalPosting> DecodePosting(std::string_view value);

// Facets of the index, in addition to those that the codec finds in a transition.
inline constexpr auto kFacetOpened = static_cast<Facet>(32);     // value: empty; one for each `requested`
inline constexpr auto kFacetOpenedIn = static_cast<Facet>(33);   // value: a span of time (SpanKey), of `requested`
inline constexpr auto kFacetEvent = static_cast<Facet>(34);      // value: a ledger event's name; and empty, for any
inline constexpr auto kFacetPrincipal = static_cast<Facet>(39);  // value: a principal's id; records with its links

// What the sequencer looks up about a long envelope, one of more than kShortEnvelope records, instead of reading all
// its records. Only records from that revision on have these facets; the earlier ones are few enough to be read.
inline constexpr uint64_t kShortEnvelope = 16;
inline constexpr auto kFacetBytes = static_cast<Facet>(35);   // value: BytesValue; which record has these bytes
inline constexpr auto kFacetStage = static_cast<Facet>(36);   // value: envelope id; every record but annotations
inline constexpr auto kFacetAllow = static_cast<Facet>(37);   // value: envelope id; `admitted` and `granted`
inline constexpr auto kFacetHolder = static_cast<Facet>(38);  // value: HolderValue; new roles of a principal

// A transition's fingerprint: the first 8 bytes, big-endian, of the SHA-256 of its bytes.
uint64_t FingerprintOf(std::string_view transition);
std::string BytesValue(uint64_t fingerprint, std::string_view envelope_id);
// The first 16 bytes of the SHA-256 of a principal's PrincipalPrefix, to hold a principal in little memory.
using PrincipalDigest = std::array<uint8_t, 16>;
PrincipalDigest DigestOf(std::string_view principal_prefix);
std::string HolderValue(const PrincipalDigest& principal, std::string_view envelope_id);

// Spans of time of four lengths, each 32 times the previous one: a minute, half an hour, most of a day, most of a
// month. Every `requested` record is in one span of each length, so that any range of time consists of a few whole
// spans and a remainder at each end. Spans are numbered from the epoch (occurred_at is never before it).
inline constexpr int kSpanLevels = 4;
constexpr int SpanBits(int level) { return 36 + 5 * level; }  // 2^36 ns are 68.7 s
// level (u8), number (u64).
std::string SpanKey(int level, uint64_t number);

std::string FacetPrefix(Facet facet, std::string_view value);
std::string FacetKey(std::string_view prefix, uint64_t seq);
// The seq that an index key or value came from. kCorruption when the key or the value is malformed.
Result<uint64_t> SeqOf(Table table, std::string_view key, std::string_view value);

// Appends the keys that depend on the entry alone: those of its envelope and its facets, but not those of the tree
// (TreeBuilder).
void AppendOwnKeys(const PreparedEntry& prepared, std::vector<IndexPut>& out);

// The ordinal under which a principal's link is indexed, and which its next link continues: the ordinal that the link
// states, or the next free one when that is taken already. In a sound ledger both are the same.
constexpr uint64_t OrdinalOfLink(uint64_t stated, uint64_t last) { return stated > last ? stated : last + 1; }

// Turns entries, in order, into the keys of every table except the tree. Holds the totals of recent principals; others
// are read from `cold`, which must hold everything that was added before the last Trim. For one user at a time.
class IndexBuilder {
 public:
  // What it means that a link does not continue the one before it.
  enum class Links {
    kContinue,    // the index that is being extended lacks the one before it: IndexDamage
    kAsTheyStand  // the index is built from the first entry on, so the ledger itself is like that: see OrdinalOfLink
  };
  // `cold` is not owned and may be null: then all totals are held.
  IndexBuilder(const IndexReader* cold, Links links) : cold_(cold), links_(links) {}

  // Appends all keys of the entry to `out`. IndexDamage (index_db.h) when `cold` lacks the links that this entry's
  // links continue; kCorruption when the entry has a link without a principal.
  Status Add(const PreparedEntry& prepared, std::vector<IndexPut>& out);
  // Appends only those that continue earlier links: the postings of its principals. Errors as from Add.
  Status AddLinks(const PreparedEntry& prepared, std::vector<IndexPut>& out);
  // Drops the totals when they take more than `keep_bytes`. REQUIRES: everything added so far is in `cold`.
  void Trim(size_t keep_bytes);
  size_t MemoryBytes() const { return bytes_; }

 private:
  struct Totals {
    uint64_t ordinal = 0;
    PrincipalPosting posting;
  };
  Result<Totals*> Find(const std::string& prefix, uint64_t ordinal_before);
  Status Load(const std::string& prefix, uint64_t ordinal_before, Totals& totals) const;

  const IndexReader* cold_;
  Links links_;
  std::unordered_map<std::string, Totals, KeyedHash> totals_;
  size_t bytes_ = 0;  // the estimated size of totals_
};

}  // namespace envledger
