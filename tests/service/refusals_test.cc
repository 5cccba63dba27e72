#include "ledger/service/refusals.h"

#include <gtest/gtest.h>

#include <string>

namespace envledger {
namespace {

Recorder From(const std::string& producer) { return {1000, 1000, 7, producer}; }

TEST(RefusalsTest, WhatIsPendingIsTakenOnce) {
  Refusals refusals;
  EXPECT_TRUE(refusals.TakePending(10).empty());
  refusals.Count(From("a"), "rule");
  refusals.Count(From("a"), "rule");
  const auto events = refusals.TakePending(20);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].since, 10);
  ASSERT_EQ(events[0].refusals.size(), 1u);
  EXPECT_EQ(events[0].refusals[0].count, 2u);
  EXPECT_TRUE(refusals.TakePending(30).empty());
  EXPECT_EQ(refusals.total(), 2u);
}

TEST(RefusalsTest, WhatDoesNotFitOneEntryGoesIntoSeveralThatDo) {
  Refusals refusals;
  const std::string name(200, 'n');
  for (size_t i = 0; i < 2 * Refusals::kMaxCounters; ++i) {
    refusals.Count(From(std::to_string(i) + name), std::to_string(i) + name);
  }
  const auto events = refusals.TakePending(20);
  EXPECT_GT(events.size(), 1u);
  uint64_t count = 0;
  for (const AppendsRefused& event : events) {
    EXPECT_FALSE(event.refusals.empty());
    const auto built = EntryBuilder().Build(EntryHeader{}, event);
    EXPECT_TRUE(built.ok()) << built.status().ToString();
    for (const RefusalCount& refusal : event.refusals) count += refusal.count;
  }
  EXPECT_EQ(count, 2 * Refusals::kMaxCounters) << "none is lost, none is counted twice";
}

TEST(RefusalsTest, NamesThatAreNoTextAreCountedAsTextThatCanBeSealed) {
  Refusals refusals;
  refusals.Count(From("caf\xE9"), "rule \xFF");
  refusals.Count(From(std::string(127, 'x') + "\u00e9"),
                 std::string(127, 'y') + "\u00e9");  // the limit cuts a character
  const auto events = refusals.TakePending(20);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(EntryBuilder().Build(EntryHeader{}, events[0]).ok());
  ASSERT_EQ(events[0].refusals.size(), 2u);
  EXPECT_EQ(events[0].refusals[0].producer, "\"caf\\xe9\"");
  EXPECT_EQ(events[0].refusals[1].producer, std::string(127, 'x'));
}

}  // namespace
}  // namespace envledger
