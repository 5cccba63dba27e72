#include "ledger/chain/followed.h"

#include <algorithm>

namespace envledger {
namespace {

constexpr unsigned kRoleBits = 4;
static_assert(kRoleCount == kRoleBits);
constexpr RoleMask kAllRoles = (1 << kRoleBits) - 1;

// The state of a principal without links.
constexpr PrincipalState kUnknown{UINT64_MAX, 0};

Fingerprint Finish(SipHash hash) {
  Fingerprint key = hash.Finish128();
  if (key[1] == 0) key[1] = 1;
  return key;
}

}  // namespace

Followed::Followed() : key_(RandomSipKey()) {}

// Each kind of key begins with its own number, so that different kinds never coincide.
Fingerprint Followed::KeyOf(std::string_view envelope_id) const {
  SipHash hash(key_);
  hash.Add(uint64_t{1});
  hash.Add(envelope_id);
  return Finish(hash);
}

Fingerprint Followed::KeyOf(const PrincipalView& principal) const {
  SipHash hash(key_);
  hash.Add(uint64_t{2});
  hash.Add(static_cast<uint64_t>(principal.kind));
  hash.Add(principal.issuer);
  hash.Add(principal.id);
  return Finish(hash);
}

Fingerprint Followed::KeyOf(const Fingerprint& envelope, uint32_t principal) const {
  SipHash hash(key_);
  hash.Add(uint64_t{3});
  for (const uint64_t word : envelope) hash.Add(word);
  hash.Add(uint64_t{principal});
  return Finish(hash);
}

Followed::Envelope Followed::Take(std::string_view envelope_id) {
  Envelope envelope(*this, KeyOf(envelope_id));
  const Slot* slot = envelopes_.Find(envelope.key_);
  if (slot == nullptr) return envelope;
  envelope.known = true;
  envelope.last_seq = slot->last_seq;
  envelope.lifecycle.stage = static_cast<Stage>(slot->stage);
  envelope.lifecycle.revisions = slot->revisions;
  envelope.lifecycle.allowed = slot->allowed != 0;
  envelope.lifecycle.binding_failed = slot->binding_failed != 0;
  envelope.holders_ = slot->holders;
  for (size_t i = 0; i < Envelope::kFew; ++i) {
    envelope.roles_[i] = static_cast<RoleMask>(slot->roles >> (i * kRoleBits) & kAllRoles);
  }
  return envelope;
}

void Followed::Put(const Envelope& envelope) {
  Slot* slot = envelopes_.Find(envelope.key_);
  if (slot == nullptr) slot = &envelopes_.Insert(envelope.key_, Slot());
  slot->last_seq = envelope.last_seq;
  slot->stage = static_cast<uint8_t>(envelope.lifecycle.stage);
  slot->revisions = envelope.lifecycle.revisions;
  slot->allowed = envelope.lifecycle.allowed ? 1 : 0;
  slot->binding_failed = envelope.lifecycle.binding_failed ? 1 : 0;
  slot->holders = envelope.holders_;
  unsigned roles = 0;
  for (size_t i = 0; i < Envelope::kFew; ++i) roles |= unsigned{envelope.roles_[i]} << (i * kRoleBits);
  slot->roles = roles & 0xffff;
}

RoleMask Followed::Envelope::Held(uint32_t principal) const {
  for (size_t i = 0; i < kFew; ++i) {
    if (roles_[i] == 0) return 0;
    if (holders_[i] == principal) return roles_[i];
  }
  const RoleMask* roles = followed_->many_.Find(followed_->KeyOf(key_, principal));
  return roles == nullptr ? RoleMask{0} : *roles;
}

void Followed::Envelope::Add(uint32_t principal, RoleMask roles) {
  for (size_t i = 0; i < kFew; ++i) {
    if (roles_[i] != 0 && holders_[i] != principal) continue;
    holders_[i] = principal;
    roles_[i] = static_cast<RoleMask>(roles_[i] | roles);
    return;
  }
  const Fingerprint key = followed_->KeyOf(key_, principal);
  if (RoleMask* held = followed_->many_.Find(key)) {
    *held = static_cast<RoleMask>(*held | roles);
  } else {
    followed_->many_.Insert(key, roles);
  }
}

void Followed::Envelope::Follow(uint64_t seq, const TransitionFacts& facts) {
  for (const Involvement& involved : facts.involved) Add(followed_->NumberOf(involved.principal), involved.roles);
  lifecycle = Advance(lifecycle, facts);
  last_seq = seq;
}

uint32_t Followed::NumberOf(const PrincipalView& principal) {
  const Fingerprint key = KeyOf(principal);
  if (const uint32_t* number = numbers_.Find(key)) return *number;
  const auto number = static_cast<uint32_t>(states_.size());
  states_.push_back(kUnknown);
  return numbers_.Insert(key, number);
}

std::optional<PrincipalState> Followed::StateOf(uint32_t principal) const {
  const PrincipalState& state = states_[principal];
  return state.ordinal == kUnknown.ordinal ? std::nullopt : std::optional(state);
}

void Followed::SetState(uint32_t principal, const PrincipalState& state) {
  if (states_[principal].ordinal == kUnknown.ordinal) ++principals_with_state_;
  states_[principal] = state;
}

uint64_t Followed::MemoryBytes() const {
  return envelopes_.MemoryBytes() + many_.MemoryBytes() + numbers_.MemoryBytes() +
         states_.size() * sizeof(PrincipalState);
}

}  // namespace envledger
