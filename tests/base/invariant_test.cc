#include "ledger/base/invariant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace envledger {
namespace {

using testing::HasSubstr;

int evaluated = 0;
std::string Message() {
  ++evaluated;
  return "seven is even";
}

Status MustBeEven(int number) {
  ENVLEDGER_INVARIANT(number % 2 == 0, Message());
  return Ok();
}
Result<int> HalfOf(int number) {
  ENVLEDGER_INVARIANT(number % 2 == 0, "no half");
  return number / 2;
}

TEST(InvariantTest, OneThatHoldsCostsNoMessage) {
  evaluated = 0;
  EXPECT_TRUE(MustBeEven(6).ok());
  EXPECT_EQ(evaluated, 0);
  EXPECT_EQ(*HalfOf(6), 3);
}

TEST(InvariantTest, ABrokenOneReturnsWhatAndWhereAndLogsIt) {
  testing::internal::CaptureStderr();
  const Status status = MustBeEven(7);
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_EQ(status.code(), Code::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("seven is even (number % 2 == 0 at "));
  EXPECT_THAT(status.message(), HasSubstr("invariant_test.cc:"));
  EXPECT_THAT(logged, HasSubstr("error: " + status.message() + "\n"));
  EXPECT_EQ(HalfOf(7).status().code(), Code::kInternal);
}

TEST(InvariantTest, ThePlaceIsNamedFromTheProjectsOwnFoldersOn) {
  const Status status = BrokenInvariant("a", "b", "/home/someone/src/ledger/store/log_db.cc", 12);
  EXPECT_THAT(status.message(), HasSubstr("(a at ledger/store/log_db.cc:12)"));
}

}  // namespace
}  // namespace envledger
