#include "ledger/analysis/account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/manual_clock.h"
#include "tests/support/transitions.h"

namespace envledger {
namespace {

constexpr Nanos kHour = 3600 * kSecond;
constexpr __int128 kUnitHour = __int128{1000} * kHour;

using Records = std::vector<Record>;

Record RecordOf(Transition transition, Nanos at) {
  Record record;
  record.transition = std::move(transition);
  record.transition.occurred_at = at;
  return record;
}
Record Asked(ResourceMap requested, Nanos at = kTestStart, const std::string& id = "e1") {
  Transition opening = Opening(id);
  opening.requested = std::move(requested);
  return RecordOf(std::move(opening), at);
}
Record Granting(ResourceMap resources, Nanos at) { return RecordOf(Grant("e1", std::move(resources)), at); }
Record Ended(Nanos at, ResourceMap usage = {}) {
  Transition end = Later(Stage::kCompleted, "e1");
  end.outcome.emplace().usage = std::move(usage);
  return RecordOf(std::move(end), at);
}

AccountRow TotalOf(const Records& records, Nanos until = kTestStart + 100 * kHour) {
  Account account({.by = {}, .resource = "", .until = until});
  EXPECT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  return account.total();
}

TEST(Account, AmountsAndTheTimeTheyWereHeld) {
  const AccountRow total = TotalOf({Asked({Amount("gpu", 8000)}), Granting({Amount("gpu", 4000)}, kTestStart + kHour),
                                    Ended(kTestStart + 3 * kHour, {Amount("gpu", 1500)})});
  const ResourceSums& gpu = total.resources.at("gpu");
  EXPECT_EQ(total.envelopes, 1u);
  EXPECT_EQ(total.open, 0u);
  EXPECT_TRUE(gpu.requested.total == 8000 && gpu.granted.total == 4000 && gpu.used.total == 1500);
  EXPECT_TRUE(gpu.requested.held == 16 * kUnitHour);
  EXPECT_TRUE(gpu.granted.held == 8 * kUnitHour);
  EXPECT_TRUE(gpu.used.held == 3 * kUnitHour);
}

TEST(Account, EachGrantCountsForItsOwnTime) {
  const AccountRow total =
      TotalOf({Asked({Amount("gpu", 8000)}), Granting({Amount("gpu", 8000)}, kTestStart),
               Granting({Amount("gpu", 2000)}, kTestStart + kHour), Ended(kTestStart + 4 * kHour)});
  EXPECT_TRUE(total.resources.at("gpu").granted.total == 2000) << "the latest grant";
  EXPECT_TRUE(total.resources.at("gpu").granted.held == (8 + 3 * 2) * kUnitHour);
}

TEST(Account, AGrantHoldsFromNotBeforeToExpiry) {
  Record grant = Granting({Amount("gpu", 1000)}, kTestStart);
  grant.transition.granted->not_before = kTestStart + kHour;
  grant.transition.granted->expires_at = kTestStart + 3 * kHour;
  EXPECT_TRUE(TotalOf({Asked({}), grant}).resources.at("gpu").granted.held == 2 * kUnitHour);
  EXPECT_TRUE(TotalOf({Asked({}), grant}, kTestStart + 2 * kHour).resources.at("gpu").granted.held == kUnitHour);
  EXPECT_TRUE(TotalOf({Asked({}), grant}, kTestStart).resources.at("gpu").granted.held == 0);
}

TEST(Account, WhatIsOpenIsHeldUntilTheMomentAskedFor) {
  const Records records = {Asked({}), Granting({Amount("gpu", 1000)}, kTestStart)};
  EXPECT_EQ(TotalOf(records).open, 1u);
  EXPECT_TRUE(TotalOf(records, kTestStart + 5 * kHour).resources.at("gpu").granted.held == 5 * kUnitHour);
}

TEST(Account, WhatWasNeverGrantedIsNeverHeldAndATimeThatRanBackwardsHoldsNothing) {
  EXPECT_TRUE(TotalOf({Asked({Amount("gpu", 1000)})}).resources.at("gpu").requested.held == 0);
  EXPECT_TRUE(TotalOf({Asked({}), Granting({Amount("gpu", 1000)}, kTestStart + kHour), Ended(kTestStart)})
                  .resources.at("gpu")
                  .granted.held == 0);
}

TEST(Account, AmountsPerUnitAndBoundsAreInNoTotal) {
  Resource per_unit = Amount("gpu", 4000);
  per_unit.per = Per::kUnit;
  per_unit.unit_of = "nodes";
  Resource bounds;
  bounds.name = "cpu";
  bounds.min = 1000;
  const AccountRow total = TotalOf({Asked({per_unit, bounds}), Granting({per_unit}, kTestStart)});
  const ResourceSums& gpu = total.resources.at("gpu");
  EXPECT_TRUE(gpu.requested.total == 0 && gpu.requested.per_unit == 4000 && gpu.granted.held == 0);
  EXPECT_EQ(gpu.requested.amounts, 0u);
  EXPECT_EQ(gpu.requested.amounts_per_unit, 1u);
  EXPECT_EQ(total.resources.at("cpu").requested.without_amount, 1u);
}

TEST(Account, SumsAreExactBeyond64Bits) {
  Account account({.by = {}, .resource = "", .until = 0});
  const Records records = {Asked({Amount("bytes", std::numeric_limits<int64_t>::max())})};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  EXPECT_TRUE(account.total().resources.at("bytes").requested.total ==
              __int128{3} * std::numeric_limits<int64_t>::max());
}

// Of the largest amount there is, for all the time there is: 2^126 and a little less.
Records Largest(int64_t amount = std::numeric_limits<int64_t>::max()) {
  return {Asked({}, 0), Granting({Amount("bytes", amount), Amount("gpu", 1000)}, 0)};
}

TEST(Account, TimeHeldBeyond128BitsIsMarkedAndEverythingElseIsGiven) {
  Account account({.by = {Dimension::kResource}, .resource = "", .until = std::numeric_limits<int64_t>::max()});
  const Records records = Largest();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  EXPECT_TRUE(account.total().resources.at("bytes").granted.held_in_range()) << "2^127 - 2^65 + 2";
  EXPECT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  const Records small = {Asked({Amount("gpu", 2000)}), Granting({Amount("gpu", 2000)}, kTestStart),
                         Ended(kTestStart + kHour)};
  EXPECT_TRUE(account.Add(FoldEnvelope(small), small).ok());
  for (const ResourceSums& bytes :
       {account.total().resources.at("bytes"), account.rows().at({AccountValue{"bytes", {}}}).resources.at("bytes")}) {
    EXPECT_FALSE(bytes.granted.held_in_range());
    EXPECT_TRUE(bytes.granted.total == __int128{3} * std::numeric_limits<int64_t>::max());
    EXPECT_TRUE(bytes.requested.held_in_range());
  }
  const ResourceSums& gpu = account.total().resources.at("gpu");
  EXPECT_TRUE(gpu.granted.held_in_range());
  EXPECT_TRUE(gpu.granted.held == __int128{3} * 1000 * std::numeric_limits<int64_t>::max() + __int128{2000} * kHour);
  EXPECT_EQ(account.total().envelopes, 4u);
}

TEST(Account, WhetherASumIsInRangeDoesNotDependOnTheOrder) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  std::vector<int> signs = {-1, -1, -1, 1, 1, 1};
  do {
    Account account({.by = {}, .resource = "", .until = std::numeric_limits<int64_t>::max()});
    for (const int sign : signs) {
      const Records records = sign > 0 ? Largest() : Largest(kLeast);
      ASSERT_TRUE(account.Add(FoldEnvelope(records), records).ok());
    }
    const AmountSum& granted = account.total().resources.at("bytes").granted;
    EXPECT_TRUE(granted.held_in_range());
    EXPECT_TRUE(granted.held == __int128{-3} * std::numeric_limits<int64_t>::max());
  } while (std::next_permutation(signs.begin(), signs.end()));
}

// Else two records fill the memory of whoever asks by day: half the resources that fit into one, from the first day
// that has a number to the last.
TEST(Account, WhatIsHeldOnTooManyDaysIsNotDividedByThem) {
  Account account({.by = {Dimension::kDay}, .resource = "", .until = 0});
  ResourceMap many;
  for (int i = 0; i < 1000; ++i) many.push_back(Amount("r" + std::to_string(i), 1000));
  const Records records = {Asked({}, 0), Granting(many, 0), Ended(std::numeric_limits<int64_t>::max())};
  EXPECT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  const Records small = {Asked({}), Granting({Amount("r7", 1000)}, kTestStart), Ended(kTestStart + kHour)};
  EXPECT_TRUE(account.Add(FoldEnvelope(small), small).ok());
  std::vector<std::string> days;
  for (const auto& [key, row] : account.rows()) days.push_back(key[0].text + " " + std::to_string(row.envelopes));
  EXPECT_THAT(days, testing::ElementsAre(" 0", "1970-01-01 1", "2026-03-17 1"));
  const AccountRow& undivided = account.rows().begin()->second;
  EXPECT_EQ(undivided.resources.size(), 1000u);
  EXPECT_TRUE(undivided.resources.at("r7").granted.held == __int128{1000} * std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(account.total().resources.at("r7").granted.held ==
              __int128{1000} * std::numeric_limits<int64_t>::max() + __int128{1000} * kHour);
  EXPECT_TRUE(account.rows().at({AccountValue{"2026-03-17", {}}}).resources.at("r7").granted.held == kUnitHour);
}

TEST(Account, OneResourceIsDividedHoweverLongItIsHeld) {
  Account account({.by = {Dimension::kDay}, .resource = "", .until = 0});
  const Records records = {Asked({}, 0), Granting({Amount("gpu", 1000)}, 0),
                           Ended(std::numeric_limits<int64_t>::max())};
  EXPECT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  EXPECT_EQ(account.rows().size(), 106'752u);
}

TEST(Account, TimeHeldFallsOnTheDaysOnWhichItWasHeld) {
  Account account({.by = {Dimension::kDay}, .resource = "", .until = 0});
  const Nanos evening = kTestStart + 14 * kHour;  // 23:00
  const Records records = {Asked({Amount("gpu", 1000)}, evening), Granting({Amount("gpu", 1000)}, evening),
                           Ended(evening + 26 * kHour)};
  EXPECT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  std::vector<std::string> text;
  for (const auto& [key, row] : account.rows()) {
    text.push_back(key[0].text + " " + std::to_string(row.envelopes) + " " +
                   FormatUnitHours(row.resources.at("gpu").granted.held, 9));
  }
  EXPECT_THAT(text, testing::ElementsAre("2026-03-17 1 1", "2026-03-18 0 24", "2026-03-19 0 1"));
}

TEST(Account, OneIdUnderTwoIssuersIsTwoRows) {
  Account account({.by = {Dimension::kPrincipal}, .resource = "", .until = 0});
  for (const char* issuer : {"a", "b"}) {
    const Records records = {RecordOf(Opening("e1", User("alice", issuer)), kTestStart)};
    ASSERT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  }
  EXPECT_EQ(account.rows().size(), 2u);
}

TEST(Account, ByReasonAndPolicyAnEnvelopeStandsInOneRow) {
  Account account({.by = {Dimension::kReason, Dimension::kPolicy}, .resource = "", .until = 0});
  Transition denied = Later(Stage::kDenied, "e1");
  denied.decision->reasons = {"quota", "region"};
  denied.decision->policy = Policy{"limits", "7", ""};
  const Records records = {Asked({Amount("gpu", 1000)}), RecordOf(denied, kTestStart)};
  EXPECT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  ASSERT_EQ(account.rows().size(), 1u);
  const AccountKey& key = account.rows().begin()->first;
  EXPECT_EQ(key[0].text, "quota; region");
  EXPECT_EQ(key[1].text, "limits@7");
}

TEST(Account, OnlyEnvelopesThatNameTheResourceAreOfIt) {
  Account account({.by = {Dimension::kTenant}, .resource = "gpu", .until = 0});
  const Records with = {Asked({Amount("gpu", 1000), Amount("cpu", 1000)})};
  const Records without = {Asked({Amount("cpu", 1000)})};
  EXPECT_TRUE(account.Add(FoldEnvelope(with), with).ok());
  EXPECT_TRUE(account.Add(FoldEnvelope(without), without).ok());
  EXPECT_EQ(account.total().envelopes, 1u);
  EXPECT_EQ(account.total().resources.size(), 1u);
}

TEST(Account, EveryDimensionHasANameOfItsOwn) {
  for (int i = 0; i <= static_cast<int>(Dimension::kDay); ++i) {
    const auto dimension = static_cast<Dimension>(i);
    EXPECT_EQ(ParseDimension(Name(dimension)), dimension);
  }
  EXPECT_EQ(ParseDimension("unknown"), std::nullopt);
}

TEST(Account, UnitHoursAreRoundedHalfAwayFromZero) {
  EXPECT_EQ(FormatUnitHours(0, 3), "0");
  EXPECT_EQ(FormatUnitHours(12 * kUnitHour, 3), "12");
  EXPECT_EQ(FormatUnitHours(120 * kUnitHour, 0), "120");
  EXPECT_EQ(FormatUnitHours(kUnitHour / 4, 3), "0.25");
  EXPECT_EQ(FormatUnitHours(-7 * kUnitHour / 2, 3), "-3.5");
  EXPECT_EQ(FormatUnitHours(kUnitHour / 2000, 3), "0.001");
  EXPECT_EQ(FormatUnitHours(kUnitHour / 2000 - 1, 3), "0");
  EXPECT_EQ(FormatUnitHours(-kUnitHour / 2000 + 1, 3), "0") << "no minus zero";
  EXPECT_EQ(FormatUnitHours(1, 9), "0");
  EXPECT_EQ(FormatUnitHours(kUnitHour / 1'000'000'000, 9), "0.000000001");
}

TEST(Account, OfMoreRowsThanItMayHoldIsRefusedAndSaysWithWhichEnvelope) {
  for (const Dimension dimension : {Dimension::kEnvelope, Dimension::kResource, Dimension::kDay}) {
    Account account({.by = {dimension}, .resource = "", .until = kTestStart + kHour, .max_bytes = 100'000});
    Status status;
    uint64_t added = 0;
    for (; status.ok() && added < 10'000; ++added) {
      const std::string id = "e" + std::to_string(added);
      const Records records = {
          Asked({Amount("resource " + id, 8000)}, kTestStart - static_cast<Nanos>(added) * 24 * kHour, id)};
      status = account.Add(FoldEnvelope(records), records);
    }
    EXPECT_EQ(status.code(), Code::kResourceExhausted) << Name(dimension);
    EXPECT_THAT(status.message(), testing::HasSubstr("envelope e" + std::to_string(added - 1)));
    EXPECT_GT(added, 20u);
    EXPECT_LT(added, 1000u);
  }
}

TEST(Account, OfOneEnvelopeOnMoreDaysThanThereIsRoomForIsRefused) {
  Account account({.by = {Dimension::kDay}, .resource = "", .until = 0, .max_bytes = 1'000'000});
  const Records records = {Asked({}, 0), Granting({Amount("gpu", 1000)}, 0),
                           Ended(std::numeric_limits<int64_t>::max())};
  EXPECT_EQ(account.Add(FoldEnvelope(records), records).code(), Code::kResourceExhausted);
  EXPECT_LT(account.rows().size(), 10'000u);
}

// Until then it waits to be divided, and no longer.
TEST(Account, AnEnvelopeThatIsFoundLateToHoldOnTooManyDaysIsNotDividedAtAll) {
  Account account({.by = {Dimension::kDay}, .resource = "", .until = 0});
  Records records = {Asked({}, 0)};
  ResourceMap many;
  for (int i = 0; i < 1000; ++i) many.push_back(Amount("r" + std::to_string(i), 1000));
  constexpr int kGrants = 300;
  for (int i = 0; i < kGrants; ++i) records.push_back(Granting(many, i * 24 * kHour));
  records.push_back(Ended(kGrants * 24 * kHour));
  ASSERT_TRUE(account.Add(FoldEnvelope(records), records).ok());
  ASSERT_EQ(account.rows().size(), 2u) << "the day on which it was asked, and none";
  const AccountRow& undivided = account.rows().begin()->second;
  EXPECT_TRUE(undivided.resources.at("r7").granted.held == kGrants * 24 * kUnitHour);
}

}  // namespace
}  // namespace envledger
