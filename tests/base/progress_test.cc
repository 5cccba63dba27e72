#include "ledger/base/progress.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace envledger {
namespace {

bool IsSet(Wakeup& wakeup) { return wakeup.WaitUntil(std::chrono::steady_clock::now()); }

class ProgressTest : public testing::Test {
 protected:
  Progress progress_{10};
  Wakeup sleeper_;
  Progress::Subscription subscription_{progress_, sleeper_};
};

TEST_F(ProgressTest, WakesNobodyWhoHasNotAsked) {
  progress_.Advance(1000);
  EXPECT_FALSE(IsSet(sleeper_));
  EXPECT_EQ(progress_.at(), 1000u);
}

TEST_F(ProgressTest, WakesOnceWhenThePositionIsReached) {
  subscription_.WakeAt(13);
  progress_.Advance(12);
  EXPECT_FALSE(IsSet(sleeper_));
  progress_.Advance(13);
  EXPECT_TRUE(IsSet(sleeper_));
  progress_.Advance(14);
  EXPECT_FALSE(IsSet(sleeper_)) << "who wants more asks again";
  subscription_.WakeAt(16);
  progress_.Advance(20);
  EXPECT_TRUE(IsSet(sleeper_));
}

TEST_F(ProgressTest, WakesAtOnceWhenItIsThereAlready) {
  subscription_.WakeAt(10);
  EXPECT_TRUE(IsSet(sleeper_));
  progress_.Advance(11);
  EXPECT_FALSE(IsSet(sleeper_));
}

TEST_F(ProgressTest, ALaterWishReplacesTheEarlierOne) {
  subscription_.WakeAt(12);
  subscription_.WakeAt(15);
  progress_.Advance(12);
  EXPECT_FALSE(IsSet(sleeper_));
  subscription_.WakeAt(14);
  progress_.Advance(14);
  EXPECT_TRUE(IsSet(sleeper_));
}

TEST_F(ProgressTest, EachSubscriberHasItsOwnWish) {
  Wakeup other;
  Progress::Subscription others(progress_, other);
  subscription_.WakeAt(11);
  others.WakeAt(12);
  progress_.Advance(11);
  EXPECT_TRUE(IsSet(sleeper_));
  EXPECT_FALSE(IsSet(other));
  progress_.Advance(12);
  EXPECT_TRUE(IsSet(other));
}

TEST_F(ProgressTest, StoppingWakesEverybodyAndKeepsTheFirstReason) {
  EXPECT_TRUE(progress_.stopped().ok());
  progress_.Stop(Unavailable("first"));
  progress_.Stop(Unavailable("second"));
  EXPECT_TRUE(IsSet(sleeper_)) << "without having asked";
  EXPECT_EQ(progress_.stopped().message(), "first");
  subscription_.WakeAt(11);
  EXPECT_FALSE(IsSet(sleeper_)) << "who looked would look again and again";
}

TEST_F(ProgressTest, NobodyIsWokenForASubscriptionThatIsGone) {
  auto gone = std::make_unique<Wakeup>();
  {
    Progress::Subscription short_lived(progress_, *gone);
    short_lived.WakeAt(11);
  }
  gone.reset();
  progress_.Advance(11);  // would touch what is not there any more
  progress_.Stop(Unavailable("over"));
}

// Sleepers come and go while the progress moves; each waits for every step and must be woken for each.
TEST(Progress, LosesNoWakeUpBesideAMoverThatNeverWaits) {
  constexpr uint64_t kSteps = 2000;
  Progress progress(0);
  std::vector<std::thread> sleepers;
  std::atomic<int> ready = 0;
  constexpr int kSleepers = 4;
  for (int i = 0; i < kSleepers; ++i) {
    sleepers.emplace_back([&] {
      ++ready;
      for (uint64_t next = 1; next <= kSteps;) {
        Wakeup wakeup;  // unsubscribed and gone after each wake-up
        Progress::Subscription subscription(progress, wakeup);
        subscription.WakeAt(next);
        while (progress.at() < next) wakeup.Wait();  // hangs when it is forgotten
        next = progress.at() + 1;
      }
    });
  }
  while (ready < kSleepers) std::this_thread::yield();
  for (uint64_t at = 1; at <= kSteps; ++at) progress.Advance(at);
  for (std::thread& sleeper : sleepers) sleeper.join();
}

}  // namespace
}  // namespace envledger
