#include "ledger/service/log_end.h"

#include <gtest/gtest.h>

#include <thread>

namespace envledger {
namespace {

DurableEnd EndOf(uint64_t size) {
  DurableEnd end;
  for (uint64_t i = 0; i < size; ++i) {
    end.before_last = end.frontier;
    end.last_leaf_hash.fill(static_cast<uint8_t>(i));
    end.frontier.Append(end.last_leaf_hash);
  }
  end.last_recorded_at = static_cast<Nanos>(size) * kSecond;
  return end;
}

TEST(LogEnd, IsWhereItWasLastMoved) {
  LogEnd end(EndOf(3));
  EXPECT_EQ(end.size(), 3u);
  end.Advance(EndOf(7));
  EXPECT_EQ(end.size(), 7u);
  EXPECT_EQ(end.Get().size(), 7u);
  EXPECT_EQ(end.Get().frontier.Root(), EndOf(7).frontier.Root());
  EXPECT_EQ(end.Get().before_last.Root(), EndOf(6).frontier.Root());
  EXPECT_EQ(end.Get().last_leaf_hash, EndOf(7).last_leaf_hash);
  EXPECT_EQ(end.Get().last_recorded_at, 7 * kSecond);
}

TEST(LogEnd, SaysWhyNothingMoreBecomesDurable) {
  LogEnd end(EndOf(3));
  EXPECT_TRUE(end.failure().ok());
  end.Stop(Unavailable("the disk is dead"));
  EXPECT_EQ(end.failure().message(), "the disk is dead");
  EXPECT_EQ(end.Get().size(), 3u) << "what was durable stays so";
}

// Whoever is told of a size finds an end of at least that size.
TEST(LogEnd, IsNeverBehindTheSizeThatItsSubscribersAreWokenFor) {
  constexpr uint64_t kSize = 300;
  LogEnd end(EndOf(0));
  std::thread follower([&] {
    Wakeup wakeup;
    Progress::Subscription subscription(end.progress(), wakeup);
    for (uint64_t seen = 0; seen < kSize;) {
      subscription.WakeAt(seen + 1);
      wakeup.Wait();
      const uint64_t size = end.size();
      EXPECT_GE(end.Get().size(), size);
      EXPECT_GT(size, seen);
      seen = size;
    }
  });
  DurableEnd next;
  while (next.size() < kSize) {
    next.before_last = next.frontier;
    next.frontier.Append(Hash{});
    end.Advance(next);
  }
  follower.join();
}

}  // namespace
}  // namespace envledger
