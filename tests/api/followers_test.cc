#include "ledger/api/followers.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace envledger {
namespace {

using Time = std::chrono::steady_clock;

constexpr uid_t kUser = 1000;

DurableEnd EndOf(uint64_t size) {
  DurableEnd end;
  while (end.size() < size) end.frontier.Append(Hash{});
  return end;
}

class FollowersTest : public testing::Test {
 protected:
  static constexpr size_t kLimit = 4;  // of one user, which is half of all
  static Time::time_point Never() { return Time::now() + std::chrono::hours(1); }

  // Ready with the thread that woke it.
  std::future<std::thread::id> Wait(uint64_t from_seq, Time::time_point deadline = Never()) {
    auto woken = std::make_shared<std::promise<std::thread::id>>();
    const auto waits =
        followers_.Wait(kUser, from_seq, deadline, [woken] { woken->set_value(std::this_thread::get_id()); });
    EXPECT_TRUE(waits.ok()) << waits.status().ToString();
    return woken->get_future();
  }
  static bool IsReady(const std::future<std::thread::id>& woken) {
    return woken.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  LogEnd end_{EndOf(5)};
  Followers followers_{2 * kLimit, end_};
};

TEST_F(FollowersTest, WhoAsksForWhatIsThereIsWokenHereAndNow) {
  auto woken = Wait(4);
  ASSERT_TRUE(IsReady(woken));
  EXPECT_EQ(woken.get(), std::this_thread::get_id());
  EXPECT_EQ(followers_.waiting(), 0u);
}

TEST_F(FollowersTest, EachIsWokenWhenItsEntryIsDurableAndNotBefore) {
  auto sixth = Wait(5);
  auto eighth = Wait(7);
  EXPECT_EQ(followers_.waiting(), 2u);
  end_.Advance(EndOf(6));
  sixth.wait();
  EXPECT_EQ(followers_.waiting(), 1u);
  EXPECT_FALSE(IsReady(eighth));
  end_.Advance(EndOf(9));
  eighth.wait();
}

TEST_F(FollowersTest, WhoWaitsForLessThanThoseBeforeIsWokenFirst) {
  auto late = Wait(20);
  auto early = Wait(5);
  end_.Advance(EndOf(6));
  early.wait();
  EXPECT_FALSE(IsReady(late));
}

TEST_F(FollowersTest, ADeadlineWakesWhoeverWaitsInVain) {
  auto patient = Wait(5);
  Wait(5, Time::now() + std::chrono::milliseconds(1)).wait();
  EXPECT_FALSE(IsReady(patient));
  Wait(5, Time::now()).wait();
}

TEST_F(FollowersTest, NobodyWaitsBeyondTheLastSeqThereCanBe) {
  Wait(UINT64_MAX, Time::now() + std::chrono::milliseconds(1)).wait();
  auto woken = Wait(UINT64_MAX);
  end_.Advance(EndOf(6));
  EXPECT_FALSE(IsReady(woken));
}

TEST_F(FollowersTest, NoMoreThanTheLimitWait) {
  std::vector<std::future<std::thread::id>> waiting;
  for (size_t i = 0; i < kLimit; ++i) waiting.push_back(Wait(5));
  const auto refused = followers_.Wait(kUser, 5, Never(), [] { ADD_FAILURE() << "it was refused"; });
  EXPECT_EQ(refused.status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(IsReady(Wait(4))) << "who need not wait is not refused";
  end_.Advance(EndOf(6));
  for (auto& woken : waiting) woken.wait();
  EXPECT_EQ(followers_.waiting(), 0u);
}

TEST_F(FollowersTest, EachFurtherUserHasHalfOfThePlacesThatAreFree) {
  const auto fill = [this](uid_t user) {
    size_t count = 0;
    while (followers_.Wait(user, 5, Never(), [] {}).ok()) ++count;
    return count;
  };
  EXPECT_EQ(fill(1), 4u);
  EXPECT_EQ(fill(2), 2u);
  EXPECT_EQ(fill(3), 1u);
  EXPECT_EQ(followers_.Wait(1, 5, Never(), [] {}).status().message(),
            "4 clients of uid 1, this user's share, are waiting for new entries already: ask again later, or without "
            "waiting");
  EXPECT_EQ(fill(4), 1u);
  EXPECT_EQ(followers_.Wait(5, 5, Never(), [] {}).status().message(),
            "8 clients are waiting for new entries already: ask again later, or without waiting");
  followers_.Release();
}

TEST_F(FollowersTest, WhoIsCancelledIsDroppedAtOnceAndMakesRoom) {
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> alive = held;
  const auto cancelled =
      followers_.Wait(kUser, 5, Never(), [held = std::move(held)] { ADD_FAILURE() << "it was cancelled"; });
  ASSERT_TRUE(cancelled.ok());
  std::vector<std::future<std::thread::id>> waiting;
  for (size_t i = 1; i < kLimit; ++i) waiting.push_back(Wait(5));
  EXPECT_FALSE(followers_.Wait(kUser, 5, Never(), [] {}).ok());
  followers_.Cancel(*cancelled);
  EXPECT_TRUE(alive.expired()) << "with everything that it held";
  EXPECT_EQ(followers_.waiting(), kLimit - 1);
  waiting.push_back(Wait(5));
  followers_.Cancel(*cancelled);  // again, which is nobody now
  EXPECT_EQ(followers_.waiting(), kLimit);
  end_.Advance(EndOf(6));
  for (auto& woken : waiting) woken.wait();
}

TEST_F(FollowersTest, ReleaseWakesEverybodyAndLetsNobodyWait) {
  auto waiting = Wait(5);
  followers_.Release();
  EXPECT_TRUE(IsReady(waiting));
  EXPECT_TRUE(IsReady(Wait(5)));
}

// However long somebody's wake-up takes, the log goes on.
TEST_F(FollowersTest, ASlowFollowerHoldsUpNeitherTheCommitterNorItsNumbers) {
  std::promise<void> go_on;
  std::promise<void> called;
  ASSERT_TRUE(followers_
                  .Wait(kUser, 5, Never(),
                        [&] {
                          called.set_value();
                          go_on.get_future().wait();
                        })
                  .ok());
  end_.Advance(EndOf(6));
  called.get_future().wait();
  end_.Advance(EndOf(7));  // returns while it is being called
  EXPECT_EQ(end_.size(), 7u);
  go_on.set_value();
  followers_.Stop();  // what is being called uses what is here
}

TEST_F(FollowersTest, StopReturnsWhenTheCallThatIsRunningHasEnded) {
  std::promise<void> go_on;
  std::promise<void> called;
  bool ended = false;  // under nobody's lock: the thread sanitizer sees when Stop does not wait
  ASSERT_TRUE(followers_
                  .Wait(kUser, 5, Never(),
                        [&] {
                          called.set_value();
                          go_on.get_future().wait();
                          ended = true;
                        })
                  .ok());
  end_.Advance(EndOf(6));
  called.get_future().wait();
  std::thread stopper([&] {
    followers_.Stop();
    EXPECT_TRUE(ended);
  });
  go_on.set_value();
  stopper.join();
}

class RoundsTest : public FollowersTest {
 protected:
  std::future<std::thread::id> Join(Followers& followers, uint64_t from_seq, Time::time_point deadline = Never()) {
    auto woken = std::make_shared<std::promise<std::thread::id>>();
    EXPECT_TRUE(
        followers.Wait(kUser, from_seq, deadline, [woken] { woken->set_value(std::this_thread::get_id()); }).ok());
    return woken->get_future();
  }
};

TEST_F(RoundsTest, TheFirstIsWokenAtOnceAndTheNextTogetherWithOthers) {
  Followers followers(2 * kLimit, end_, std::chrono::hours(1));
  EXPECT_TRUE(IsReady(Join(followers, 4)));
  auto there = Join(followers, 4);
  auto next = Join(followers, 5);
  end_.Advance(EndOf(6));
  auto impatient = Join(followers, 4, Time::now() + std::chrono::milliseconds(1));
  impatient.wait();
  EXPECT_FALSE(IsReady(there));
  EXPECT_FALSE(IsReady(next));
  followers.Release();
  EXPECT_TRUE(IsReady(there));
  EXPECT_TRUE(IsReady(next));
}

TEST_F(RoundsTest, WhoIsFarBehindWaitsForNoRound) {
  Followers followers(2 * kLimit, end_, std::chrono::hours(1));
  end_.Advance(EndOf(Followers::kMany + 5));
  EXPECT_TRUE(IsReady(Join(followers, 5)));
  EXPECT_TRUE(IsReady(Join(followers, 4)));
  EXPECT_TRUE(IsReady(Join(followers, 5)));
  EXPECT_TRUE(IsReady(Join(followers, 6))) << "this opens the round";
  EXPECT_FALSE(IsReady(Join(followers, 6)));
}

TEST_F(RoundsTest, TheRoundComesHoweverManyAskMeanwhile) {
  Followers followers(2 * kLimit, end_, std::chrono::milliseconds(1));
  Join(followers, 4).wait();
  auto waiting = Join(followers, 4);
  while (!IsReady(waiting)) Join(followers, 4).wait();
}

TEST(Followers, WakesEverybodyOnceBesideALogThatGrows) {
  constexpr uint64_t kEntries = 300;
  LogEnd end(EndOf(0));
  std::atomic<uint64_t> woken = 0;
  std::vector<std::promise<void>> each(kEntries);
  {
    Followers followers(2 * kEntries, end);
    std::thread writer([&] {
      DurableEnd next;
      while (next.size() < kEntries) {
        next.frontier.Append(Hash{});
        end.Advance(next);
      }
    });
    for (uint64_t seq = 0; seq < kEntries; ++seq) {
      const auto waits = followers.Wait(kUser, seq, Time::now() + std::chrono::hours(1), [&, seq] {
        EXPECT_GT(end.size(), seq);
        ++woken;
        each[seq].set_value();
      });
      EXPECT_TRUE(waits.ok());
    }
    writer.join();
    for (auto& one : each) one.get_future().wait();  // hangs when one is forgotten
  }
  EXPECT_EQ(woken, kEntries);
}

}  // namespace
}  // namespace envledger
