#include "ledger/base/wakeup.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace envledger {
namespace {

using Clock = std::chrono::steady_clock;

TEST(Wakeup, ASetBeforeTheWaitEndsIt) {
  Wakeup wakeup;
  wakeup.Set();
  wakeup.Wait();
}

TEST(Wakeup, AnyNumberOfSetsBeforeTheWaitEndIt) {
  Wakeup wakeup;
  for (int i = 0; i < 3; ++i) wakeup.Set();
  EXPECT_TRUE(wakeup.WaitUntil(Clock::now()));
  EXPECT_FALSE(wakeup.WaitUntil(Clock::now())) << "they were one";
}

TEST(Wakeup, AWaitThatNobodyEndsIsOverAtItsTime) {
  Wakeup wakeup;
  const auto until = Clock::now() + std::chrono::milliseconds(5);
  EXPECT_FALSE(wakeup.WaitUntil(until));
  EXPECT_GE(Clock::now(), until);
}

TEST(Wakeup, NothingThatWasSaidToTheSleeperIsMissed) {
  constexpr int kSenders = 4;
  constexpr int kEach = 2000;
  Wakeup wakeup;
  std::atomic<int> said = 0;
  std::vector<std::thread> senders;
  for (int i = 0; i < kSenders; ++i) {
    senders.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) {
        ++said;
        wakeup.Set();
      }
    });
  }
  while (said.load() < kSenders * kEach) wakeup.Wait();  // hangs when the last one is lost
  for (std::thread& sender : senders) sender.join();
}

}  // namespace
}  // namespace envledger
