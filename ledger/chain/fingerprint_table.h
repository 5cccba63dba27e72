// A hash table for very many small values. It does not hold their keys, only fingerprints of them.
//
// A fingerprint has 128 bits under a random key: that two keys of a ledger of a billion share one is less likely than a
// bit flip in memory, and nobody can bring it about. The table is an array of slots; a value is in the first free slot
// at or after the one that its fingerprint selects (linear probing, filled to seven eighths). It grows by half, one of
// 256 parts at a time, so it is never held twice, and at least two thirds of it are in use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace envledger {

// The second word is not 0, which marks a free slot.
using Fingerprint = std::array<uint64_t, 2>;

// Value: trivially copyable. Not thread-safe.
template <typename Value>
class FingerprintTable {
 public:
  // Null when it is not in the table. Valid until the next Insert.
  Value* Find(const Fingerprint& key) {
    Part& part = parts_[key[0] >> 56];
    if (part.slots.empty()) return nullptr;
    Slot& slot = part.slots[PlaceOf(part.slots, key)];
    return slot.key[1] != 0 ? &slot.value : nullptr;
  }
  // Adds a value. REQUIRES: the key is not in the table. The reference is valid until the next Insert.
  Value& Insert(const Fingerprint& key, const Value& value) {
    Part& part = parts_[key[0] >> 56];
    if ((part.used + 1) * 8 > part.slots.size() * 7) Grow(part);
    Slot& slot = part.slots[PlaceOf(part.slots, key)];
    slot = {key, value};
    ++part.used;
    ++size_;
    return slot.value;
  }
  uint64_t size() const { return size_; }
  uint64_t MemoryBytes() const {
    uint64_t bytes = sizeof *this;
    for (const Part& part : parts_) bytes += part.slots.capacity() * sizeof(Slot);
    return bytes;
  }

 private:
  struct Slot {
    Fingerprint key{};
    Value value{};
  };
  using Slots = std::vector<Slot>;
  struct Part {
    Slots slots;
    size_t used = 0;
  };
  static constexpr size_t kLeastSlots = 8;

  // The slot that holds the key, or the one that it would get.
  static size_t PlaceOf(const Slots& slots, const Fingerprint& key) {
    // The upper half of the product spreads the words evenly over any number of slots.
    auto place = static_cast<size_t>(static_cast<unsigned __int128>(key[1]) * slots.size() >> 64);
    while (slots[place].key[1] != 0 && slots[place].key != key) place = place + 1 == slots.size() ? 0 : place + 1;
    return place;
  }
  static void Grow(Part& part) {
    Slots larger(part.slots.size() < kLeastSlots ? kLeastSlots : part.slots.size() + part.slots.size() / 2);
    for (const Slot& slot : part.slots) {
      if (slot.key[1] != 0) larger[PlaceOf(larger, slot.key)] = slot;
    }
    part.slots = std::move(larger);
  }

  std::array<Part, 256> parts_;
  uint64_t size_ = 0;
};

}  // namespace envledger
