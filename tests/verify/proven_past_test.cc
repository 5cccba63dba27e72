#include "ledger/verify/proven_past.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kSize = 23;

Checkpoint CheckpointOf(const std::vector<std::string>& entries) {
  return {kTestOrigin, entries.size(), RootOf(entries)};
}

std::vector<std::string> First(const std::vector<std::string>& entries, uint64_t size) {
  return {entries.begin(), entries.begin() + static_cast<ptrdiff_t>(size)};
}

// A view of a principal that outlives the call.
const Principal kAlice = User("alice");
const PrincipalView kAliceView{kAlice.kind, kAlice.issuer, kAlice.id};

TEST(PastOf, GivesTheRightEdgeBeforeTheLastEntryOfEveryCheckpoint) {
  MemoryLedger ledger(kSize);
  for (uint64_t size = 1; size <= kSize; ++size) {
    const auto past = PastOf::Open(ledger, CheckpointOf(First(ledger.entries, size)));
    ASSERT_TRUE(past.ok()) << size << ": " << past.status().ToString();
    EXPECT_EQ((*past)->frontier().size(), size - 1);
    EXPECT_EQ((*past)->frontier().Root(), RootOf(First(ledger.entries, size - 1)));
    EXPECT_EQ((*past)->proven(), 1u);
  }
}

TEST(PastOf, ALedgerThatIsAnotherOrShorterIsToldApart) {
  MemoryLedger ledger(kSize);
  Checkpoint other = CheckpointOf(ledger.entries);
  other.root = RootOf(First(ledger.entries, kSize - 1));
  EXPECT_EQ(PastOf::Open(ledger, other).status().code(), Code::kCorruption);
  const Checkpoint longer = CheckpointOf(SealedStories(kSize + 1));
  EXPECT_EQ(PastOf::Open(ledger, longer).status().code(), Code::kNotFound);
}

TEST(PastOf, OlderCheckpointsAreItsBeginning) {
  MemoryLedger ledger(kSize);
  const auto past = PastOf::Open(ledger, CheckpointOf(ledger.entries));
  ASSERT_TRUE(past.ok());
  for (uint64_t size = 0; size <= kSize; ++size) {
    Checkpoint older = CheckpointOf(First(ledger.entries, size));
    EXPECT_TRUE((*past)->CheckOlder(older).ok()) << size;
    older.root[0] ^= 1;
    EXPECT_EQ((*past)->CheckOlder(older).code(), Code::kCorruption) << size;
  }
}

TEST(PastOf, KeyEventsAreThoseBeforeTheLastEntryEachProven) {
  MemoryLedger ledger(SealedWithRotation());
  const auto seqs = [&ledger](uint64_t size) {
    const auto past = PastOf::Open(ledger, CheckpointOf(First(ledger.entries, size)));
    EXPECT_TRUE(past.ok());
    std::vector<uint64_t> all;
    const Status status = (*past)->ForEachKeyEvent([&](uint64_t seq, const PreparedEntry&) { all.push_back(seq); });
    EXPECT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ((*past)->proven(), all.size() + 1);
    return all;
  };
  EXPECT_THAT(seqs(1), IsEmpty());
  EXPECT_THAT(seqs(3), ElementsAre(0)) << "the rotation is the last entry, which is read";
  EXPECT_THAT(seqs(4), ElementsAre(0, 2));
}

TEST(PastOf, AnEnvelopeIsFollowedUpToTheLastEntry) {
  MemoryLedger ledger(kSize);  // four records an envelope, from entry 1 on
  ledger.records_at_once = 1;
  const auto past = PastOf::Open(ledger, CheckpointOf(First(ledger.entries, 8)));
  ASSERT_TRUE(past.ok());
  Followed followed;
  Followed::Envelope whole = followed.Take("env-0");
  ASSERT_TRUE((*past)->Envelope("env-0", whole).ok());
  EXPECT_EQ(whole.lifecycle.revisions, 4u);
  EXPECT_EQ(whole.last_seq, 4u);
  Followed::Envelope cut = followed.Take("env-1");
  ASSERT_TRUE((*past)->Envelope("env-1", cut).ok());
  EXPECT_EQ(cut.lifecycle.revisions, 2u) << "entry 7 is the last one, which is read";
}

TEST(PastOf, AChangedOrHiddenRecordOfAnEnvelopeIsCorruption) {
  MemoryLedger ledger(kSize);
  const auto past = PastOf::Open(ledger, CheckpointOf(ledger.entries));
  ASSERT_TRUE(past.ok());
  Followed followed;
  ledger.entries[2] = SealedStories(9)[6];  // a record of env-1
  Followed::Envelope envelope = followed.Take("env-0");
  const Status hidden = (*past)->Envelope("env-0", envelope);
  EXPECT_EQ(hidden.code(), Code::kCorruption) << hidden.ToString();
}

TEST(PastOf, APrincipalsStateIsThatOfTheLinkBefore) {
  MemoryLedger ledger(kSize);  // alice requests env-0 (entry 1) and env-3 (entry 13)
  const auto past = PastOf::Open(ledger, CheckpointOf(ledger.entries));
  ASSERT_TRUE(past.ok());
  PrincipalLink link;
  link.ordinal = 2;
  link.previous = 1;
  const auto state = (*past)->Principal(kAliceView, link, 13);
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  EXPECT_EQ(state->ordinal, 1u);
  EXPECT_EQ(state->last_seq, 1u);
  link.previous = 5;  // bob's
  const auto other = (*past)->Principal(kAliceView, link, 13);
  EXPECT_EQ(other.status().code(), Code::kCorruption);
  EXPECT_THAT(other.status().message(), HasSubstr("entry 5 has no link of the principal"));
}

}  // namespace
}  // namespace envledger
