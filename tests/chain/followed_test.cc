#include "ledger/chain/followed.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

namespace envledger {
namespace {

PrincipalView User(const std::string& id) { return {PrincipalKind::kUser, "idp", id}; }

TEST(Followed, WhatWasPutIsTakenAgain) {
  Followed followed;
  Followed::Envelope envelope = followed.Take("e1");
  EXPECT_FALSE(envelope.known);
  EXPECT_EQ(envelope.lifecycle.stage, Stage::kUnspecified);
  envelope.lifecycle = {
      .stage = Stage::kGranted, .revisions = 3, .grants = 0, .allowed = true, .binding_failed = false};
  envelope.last_seq = 77;
  followed.Put(envelope);
  EXPECT_FALSE(followed.Take("e2").known);
  const Followed::Envelope again = followed.Take("e1");
  EXPECT_TRUE(again.known);
  EXPECT_EQ(again.last_seq, 77u);
  EXPECT_EQ(again.lifecycle.stage, Stage::kGranted);
  EXPECT_EQ(again.lifecycle.revisions, 3u);
  EXPECT_TRUE(again.lifecycle.allowed);
  EXPECT_FALSE(again.lifecycle.binding_failed);
  EXPECT_EQ(followed.envelopes(), 1u);
}

TEST(Followed, PrincipalsAreToldApartByTheWholeTriple) {
  Followed followed;
  const PrincipalView all[] = {{PrincipalKind::kUser, "a", "b"},    {PrincipalKind::kUser, "ab", ""},
                               {PrincipalKind::kUser, "", "ab"},    {PrincipalKind::kAgent, "a", "b"},
                               {PrincipalKind::kUser, "a", "b\0b"}, {PrincipalKind::kUser, "c", "b"}};
  std::set<uint32_t> numbers;
  for (const PrincipalView& principal : all) numbers.insert(followed.NumberOf(principal));
  EXPECT_EQ(numbers.size(), 5u) << "the fifth is cut at its zero, and is the first";
  EXPECT_EQ(followed.principals(), 0u) << "known by name only";
  const uint32_t number = followed.NumberOf(all[3]);
  EXPECT_FALSE(followed.StateOf(number));
  followed.SetState(number, {0, 0});
  followed.SetState(number, {2, 9});
  EXPECT_EQ(followed.StateOf(number)->ordinal, 2u);
  EXPECT_EQ(followed.StateOf(number)->last_seq, 9u);
  EXPECT_EQ(followed.principals(), 1u);
}

TEST(Followed, AnEnvelopeRemembersTheRolesOfAsManyAsThereAre) {
  Followed followed;
  for (int i = 0; i < 50; ++i) {
    Followed::Envelope envelope = followed.Take("e");
    Followed::Envelope other = followed.Take("other");
    const uint32_t number = followed.NumberOf(User("u" + std::to_string(i)));
    EXPECT_EQ(envelope.Held(number), 0);
    envelope.Add(number, static_cast<RoleMask>(1 + i % 15));
    followed.Put(envelope);
    EXPECT_EQ(other.Held(number), 0);
    followed.Put(other);
  }
  Followed::Envelope envelope = followed.Take("e");
  for (int i = 0; i < 50; ++i) {
    const uint32_t number = followed.NumberOf(User("u" + std::to_string(i)));
    EXPECT_EQ(envelope.Held(number), 1 + i % 15);
    envelope.Add(number, kDecider);
    EXPECT_EQ(envelope.Held(number), (1 + i % 15) | kDecider);
  }
}

// Against a map, over as many as make every part grow a few times.
TEST(FingerprintTable, FindsWhatWasInsertedAndNothingElse) {
  FingerprintTable<uint32_t> table;
  std::map<Fingerprint, uint32_t> expected;
  std::mt19937_64 random(5);
  const auto key = [&random] { return Fingerprint{random(), random() | 1}; };
  for (uint32_t i = 0; i < 40'000; ++i) {
    const Fingerprint one = key();
    ASSERT_EQ(table.Find(one), nullptr);
    EXPECT_EQ(table.Insert(one, i), i);
    expected.emplace(one, i);
  }
  // Their places are the last, so they go round the end of the array.
  for (uint32_t i = 0; i < 20; ++i) {
    const Fingerprint last = {i, UINT64_MAX};
    table.Insert(last, i);
    expected.emplace(last, i);
  }
  EXPECT_EQ(table.size(), expected.size());
  for (const auto& [one, value] : expected) {
    ASSERT_NE(table.Find(one), nullptr);
    EXPECT_EQ(*table.Find(one), value);
  }
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(table.Find(key()), nullptr);
}

// What the header promises.
TEST(Followed, TakesSoManyBytesForEach) {
  Followed followed;
  constexpr uint64_t kMany = 300'000;
  for (uint64_t i = 0; i < kMany; ++i) followed.Put(followed.Take("env-" + std::to_string(i)));
  const uint64_t envelopes = followed.MemoryBytes();
  EXPECT_LT(envelopes, kMany * 90);
  for (uint64_t i = 0; i < kMany; ++i) followed.NumberOf(User("u" + std::to_string(i)));
  EXPECT_LT(followed.MemoryBytes() - envelopes, kMany * 65);
}

}  // namespace
}  // namespace envledger
