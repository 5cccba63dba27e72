#include "ledger/base/siphash.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace envledger {
namespace {

uint64_t Of(const SipKey& key, std::initializer_list<std::string_view> pieces) {
  SipHash hash(key);
  for (const std::string_view piece : pieces) hash.Add(piece);
  return hash.Finish();
}

TEST(SipHashTest, DependsOnTheKeyOnEachByteAndOnWhereAPieceEnds) {
  const SipKey key{1, 2};
  EXPECT_EQ(Of(key, {"abc"}), Of(key, {"abc"}));
  EXPECT_NE(Of(key, {"abc"}), Of({1, 3}, {"abc"}));
  std::set<uint64_t> seen;
  size_t count = 0;
  std::string text(24, 'x');
  for (size_t i = 0; i < text.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit, ++count) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
      seen.insert(Of(key, {changed}));
    }
  }
  for (size_t cut = 0; cut <= text.size(); ++cut, ++count) {
    seen.insert(Of(key, {std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)}));
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(SipHashTest, TheHalvesOfTheLongHashDiffer) {
  SipHash hash({1, 2});
  hash.Add("abc");
  const auto halves = hash.Finish128();
  EXPECT_NE(halves[0], halves[1]);
  EXPECT_NE(halves[0], Of({1, 2}, {"abc"})) << "the lengths are told apart";
}

TEST(KeyedHashTest, IsTheSameThroughoutTheProcess) {
  EXPECT_EQ(KeyedHash{}("abc"), KeyedHash{}("abc"));
  EXPECT_NE(KeyedHash{}("abc"), KeyedHash{}("abd"));
  EXPECT_NE(KeyedHash{}(uint64_t{1}), KeyedHash{}(uint64_t{1} << 32)) << "numbers are hashed too";
  EXPECT_NE(RandomSipKey(), RandomSipKey());
}

}  // namespace
}  // namespace envledger
