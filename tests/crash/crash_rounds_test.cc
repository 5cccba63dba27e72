// Kills and power cuts of the real daemon. Each test is one ledger and ten rounds. The seeds can be moved with
// ENVLEDGER_CRASH_SEED; crash_rounds runs any number.
#include <gmock/gmock.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/crash/trial.h"
#include "tests/support/sanitized.h"

namespace envledger {
namespace {

constexpr const char* kNoLayer =
    "a sanitizer's runtime replaces the calls that the power-cut layer must see: nothing was checked";

uint64_t SeedOf(uint64_t number) {
  const char* const given = std::getenv("ENVLEDGER_CRASH_SEED");
  return number + (given != nullptr ? std::strtoull(given, nullptr, 10) : 0);
}

class CrashRounds : public testing::TestWithParam<uint64_t> {
 protected:
  void Run(CrashMode mode, unsigned rounds) {
    const uint64_t seed = SeedOf(GetParam());
    const Tally tally = RunTrials(mode, seed, rounds, false);
    std::cout << "seeds from " << seed << " on: " << tally.Summary() << "\n";
    EXPECT_THAT(tally.failures, testing::IsEmpty());
    EXPECT_EQ(tally.lost + tally.doubled + tally.changed, 0u);
    EXPECT_EQ(tally.rounds, rounds);
    EXPECT_GT(tally.acknowledged, 0u);
  }
};

TEST_P(CrashRounds, KillsLoseNothingThatWasAcknowledgedAndDoubleNothing) {
  Run(CrashMode::kKill, ENVLEDGER_SANITIZED ? 2 : Trial::kMostRounds);
}

TEST_P(CrashRounds, PowerCutsLoseNothingThatWasAcknowledgedAndDoubleNothing) {
  if (ENVLEDGER_SANITIZED) GTEST_SKIP() << kNoLayer;
  Run(CrashMode::kPowerCut, Trial::kMostRounds);
}

INSTANTIATE_TEST_SUITE_P(FiveLedgers, CrashRounds, testing::Range<uint64_t>(1, 6));

// These rounds once left a manifest that named a table whose own name was lost.
TEST(CrashRounds, PowerCutsThatLoseNamesInAnyOrderLoseNothingElse) {
  if (ENVLEDGER_SANITIZED) GTEST_SKIP() << kNoLayer;
  const Tally tally = RunTrials(CrashMode::kPowerCutAnyOrder, SeedOf(2002), Trial::kMostRounds, false);
  EXPECT_THAT(tally.failures, testing::IsEmpty());
  EXPECT_GT(tally.acknowledged, 0u);
}

// Without this, the rounds above could be those of a harness that sees nothing.
TEST(CrashRounds, TheHarnessNoticesADiskThatOnlyPretendsToSync) {
  if (ENVLEDGER_SANITIZED) GTEST_SKIP() << kNoLayer;
  uint64_t lost = 0;
  for (uint64_t seed = SeedOf(1); lost == 0 && seed < SeedOf(21); ++seed) {
    Tally tally;
    Trial(CrashMode::kLyingDisk, seed, tally).Run(2);
    lost = tally.lost;
    EXPECT_EQ(tally.failures.empty(), lost == 0) << "records were lost, and no failure was reported";
  }
  EXPECT_GT(lost, 0u) << "twenty power cuts of a disk that made nothing durable lost nothing";
}

}  // namespace
}  // namespace envledger
