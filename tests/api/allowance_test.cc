#include "ledger/api/allowance.h"

#include <gtest/gtest.h>

namespace envledger {
namespace {

using std::chrono::milliseconds;

class AllowanceTest : public testing::Test {
 protected:
  // Whether the next is allowed at once.
  bool Take(uid_t user) { return allowance_.Take(user, now_) <= now_; }

  Allowance allowance_{10, 5};  // one in 100 ms
  Allowance::Time now_{std::chrono::hours(1)};
};

TEST_F(AllowanceTest, ABurstIsAllowedAndThenTheRate) {
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Take(1)) << i;
  EXPECT_FALSE(Take(1)) << "that was the fifth";
  now_ += milliseconds(99);
  EXPECT_EQ(allowance_.Take(2, now_), now_ + milliseconds(100) - milliseconds(400));
  now_ += milliseconds(1);
  EXPECT_FALSE(Take(1)) << "it was allowed, and the next is not yet";
  now_ += milliseconds(200);
  EXPECT_TRUE(Take(1));
  EXPECT_FALSE(Take(1));
}

TEST_F(AllowanceTest, WhatIsNotUsedIsNotSavedBeyondTheBurst) {
  now_ += std::chrono::hours(1);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Take(1)) << i;
  EXPECT_FALSE(Take(1));
}

TEST_F(AllowanceTest, EachUserHasItsOwn) {
  while (Take(1)) {
  }
  for (uid_t user = 2; user < 5000; ++user) EXPECT_TRUE(Take(user));
  EXPECT_FALSE(Take(1)) << "it is not forgotten among very many";
}

}  // namespace
}  // namespace envledger
