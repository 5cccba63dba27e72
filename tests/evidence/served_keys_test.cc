#include "ledger/evidence/served_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/chain_builder.h"
#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Gives the events that a test wants, once.
class WithEvents : public MemoryLedger {
 public:
  using MemoryLedger::MemoryLedger;
  std::vector<std::string> events;
  envledger::Status failure;

  Result<EventsResponse> Events(const EventsRequest&) override {
    ENVLEDGER_RETURN_IF_ERROR(failure);
    EventsResponse response;
    response.entries = std::exchange(events, {});
    return response;
  }
};

ProofChecker CheckerFor(const TrustPolicy& policy) {
  auto checker = ProofChecker::Make(policy);
  EXPECT_TRUE(checker.ok()) << checker.status().ToString();
  return *std::move(checker);
}

TEST(ServedKeys, AreTheGenesissAndThoseOfEveryRotation) {
  MemoryLedger ledger(SealedWithRotation());
  const auto keys = ReadKeys(ledger);
  ASSERT_TRUE(keys.ok()) << keys.status().ToString();
  ASSERT_THAT(keys->keys(), SizeIs(2));
  EXPECT_EQ(keys->keys()[0].key.public_key, TestKey(1).public_key());
  EXPECT_EQ(keys->current().key.public_key, TestKey(2).public_key());
  EXPECT_EQ(keys->current().seq, 2u);
  MemoryLedger never(6);
  EXPECT_THAT(ReadKeys(never)->keys(), SizeIs(1));
}

TEST(ServedKeys, WithoutAGenesisThereAreNone) {
  MemoryLedger ledger(6);
  ledger.entries.clear();
  EXPECT_EQ(ReadKeys(ledger).status().code(), Code::kCorruption);
  MemoryLedger cut(6);
  cut.entries.erase(cut.entries.begin());
  EXPECT_FALSE(ReadKeys(cut).ok());
}

TEST(ServedKeys, EventsThatAreRepeatedOrNoRotationsAreCorruption) {
  WithEvents ledger(SealedWithRotation());
  ledger.events = {ledger.entries[2], ledger.entries[2]};
  const auto twice = ReadKeys(ledger);
  EXPECT_EQ(twice.status().code(), Code::kCorruption);
  EXPECT_THAT(twice.status().message(), HasSubstr("out of order"));
  ledger.events = {ledger.entries[3]};
  EXPECT_EQ(ReadKeys(ledger).status().code(), Code::kCorruption);
}

TEST(ServedKeys, AreLearntOnlyWhereTheRuleIsAboutThem) {
  WithEvents ledger(SealedWithRotation());
  ledger.failure = Unavailable("gone");
  ProofChecker one = CheckerFor(TrustKey(TestVerifierKey(1)));
  EXPECT_TRUE(LearnKeys(ledger, one).ok()) << "the history is not read";
  EXPECT_FALSE(one.history().has_value());
  ProofChecker later = CheckerFor(TrustKeyOrLater(TestVerifierKey(1)));
  EXPECT_EQ(LearnKeys(ledger, later).code(), Code::kUnavailable) << "says nothing about the history";
  ledger.failure = NotFound("no events");
  const Status refused = LearnKeys(ledger, later);
  EXPECT_EQ(refused.code(), Code::kCorruption);
  EXPECT_THAT(refused.message(), HasSubstr("key history does not hold"));
  ledger.failure = Ok();
  ledger.events = {ledger.entries[2]};
  ASSERT_TRUE(LearnKeys(ledger, later).ok());
  ledger.failure = Unavailable("gone");
  EXPECT_TRUE(LearnKeys(ledger, later).ok()) << "once is enough";
}

TEST(ServedKeys, AHistoryWithoutTheGivenKeyIsRefused) {
  MemoryLedger ledger(SealedWithRotation());
  ProofChecker stranger = CheckerFor(TrustKeyOrLater(TestVerifierKey(3)));
  EXPECT_EQ(LearnKeys(ledger, stranger).code(), Code::kCorruption);
}

}  // namespace
}  // namespace envledger
