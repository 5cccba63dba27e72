// The state of every envelope and every principal of a ledger after the entries read so far: what a verification needs
// to know which record and link must come next.
//
// It takes some 70 bytes for each envelope and 50 for each principal, however long their names are, and 30 more for
// each principal of an envelope beyond the fourth.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "ledger/base/siphash.h"
#include "ledger/chain/fingerprint_table.h"
#include "ledger/chain/lifecycle.h"
#include "ledger/codec/transition.h"

namespace envledger {

// What the links of a principal add up to so far. The default is that of a principal without links.
struct PrincipalState {
  uint64_t ordinal = 0;
  uint64_t last_seq = 0;
};

// Not thread-safe.
class Followed {
 public:
  Followed();

  // An envelope that is taken out, changed, and put back. Valid until Followed is changed in any other way.
  class Envelope {
   public:
    LifecycleState lifecycle;  // without the count of grants
    uint64_t last_seq = 0;
    bool known = false;  // it was put back before

    // The roles that a principal holds in it, by its number (NumberOf).
    RoleMask Held(uint32_t principal) const;
    void Add(uint32_t principal, RoleMask roles);
    // Adds the record of entry `seq` without checking it.
    void Follow(uint64_t seq, const TransitionFacts& facts);

   private:
    friend class Followed;
    explicit Envelope(Followed& followed, const Fingerprint& key) : followed_(&followed), key_(key) {}
    static constexpr size_t kFew = 4;

    Followed* followed_;
    Fingerprint key_;
    // The first principals that hold a role; further ones are in followed_->many_.
    std::array<uint32_t, kFew> holders_{};
    std::array<RoleMask, kFew> roles_{};  // 0: no holder
  };
  Envelope Take(std::string_view envelope_id);
  void Put(const Envelope& envelope);

  // The number of a principal, assigned when it is first asked for. There are fewer than 2^32.
  uint32_t NumberOf(const PrincipalView& principal);
  // The state of a principal; nullopt when none was set. Valid until the next NumberOf.
  std::optional<PrincipalState> StateOf(uint32_t principal) const;
  void SetState(uint32_t principal, const PrincipalState& state);

  uint64_t envelopes() const { return envelopes_.size(); }
  uint64_t principals() const { return principals_with_state_; }
  uint64_t MemoryBytes() const;

 private:
  // Seqs and counts are below 2^48.
  struct Slot {
    uint64_t last_seq : 48 = 0;
    uint64_t stage : 8 = 0;
    uint64_t allowed : 1 = 0;
    uint64_t binding_failed : 1 = 0;
    uint64_t revisions : 48 = 0;
    uint64_t roles : 16 = 0;  // four bits for each holder
    std::array<uint32_t, Envelope::kFew> holders{};
  };
  static_assert(sizeof(Slot) == 32);
  Fingerprint KeyOf(std::string_view envelope_id) const;
  Fingerprint KeyOf(const PrincipalView& principal) const;
  Fingerprint KeyOf(const Fingerprint& envelope, uint32_t principal) const;

  const SipKey key_;
  FingerprintTable<Slot> envelopes_;
  FingerprintTable<RoleMask> many_;  // by envelope and principal
  FingerprintTable<uint32_t> numbers_;
  std::deque<PrincipalState> states_;  // by number
  uint64_t principals_with_state_ = 0;
};

}  // namespace envledger
