// SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein), fed in pieces: each piece counts as its size and its bytes, padded to
// words of 8. For tables in memory and for stored sums: with a random key, nobody can choose inputs that collide.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

namespace envledger {

using SipKey = std::array<uint64_t, 2>;

inline SipKey RandomSipKey() {
  std::random_device random;
  SipKey key;
  for (uint64_t& word : key) word = uint64_t{random()} << 32 | random();
  return key;
}

class SipHash {
 public:
  explicit SipHash(const SipKey& key)
      : v0_(key[0] ^ 0x736f6d6570736575u),
        v1_(key[1] ^ 0x646f72616e646f6du),
        v2_(key[0] ^ 0x6c7967656e657261u),
        v3_(key[1] ^ 0x7465646279746573u) {}

  void Add(std::string_view bytes) {
    Word(bytes.size());
    while (!bytes.empty()) {
      uint64_t word = 0;
      const size_t size = bytes.size() < sizeof word ? bytes.size() : sizeof word;
      std::memcpy(&word, bytes.data(), size);
      Word(word);
      bytes.remove_prefix(size);
    }
  }
  void Add(uint64_t number) { Word(number); }

  // Called once, after the last piece: 64 bits, or 128.
  uint64_t Finish() {
    v2_ ^= 0xff;
    return Sum();
  }
  std::array<uint64_t, 2> Finish128() {
    v2_ ^= 0xee;
    const uint64_t first = Sum();
    v1_ ^= 0xdd;
    return {first, Sum()};
  }

 private:
  uint64_t Sum() {
    for (int i = 0; i < 4; ++i) Round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }
  void Word(uint64_t word) {
    v3_ ^= word;
    Round();
    Round();
    v0_ ^= word;
  }
  void Round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }
  uint64_t v0_, v1_, v2_, v3_;
};

// The key of this process's tables. Random, and the same until the process ends.
inline const SipKey& ProcessSipKey() {
  static const SipKey kKey = RandomSipKey();
  return kKey;
}

// For std::unordered_map and the like, with keys that others choose: nobody can make them collide.
struct KeyedHash {
  size_t operator()(std::string_view text) const {
    SipHash hash(ProcessSipKey());
    hash.Add(text);
    return hash.Finish();
  }
  size_t operator()(uint64_t number) const {
    SipHash hash(ProcessSipKey());
    hash.Add(number);
    return hash.Finish();
  }
};

}  // namespace envledger
