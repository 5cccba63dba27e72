#include "ledger/files/detached_file.h"

#include <gtest/gtest.h>

#include "tests/support/hanging_calls.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait.h"

namespace envledger {
namespace {

class DetachedFileTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds kLimit{60};
  static DetachedFile::Deadline Never() { return std::chrono::steady_clock::now() + std::chrono::hours(1); }
  static DetachedFile::Deadline AtOnce() { return {}; }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/file";
  HangingCalls hanging_;
};

TEST_F(DetachedFileTest, WhatIsWrittenCanBeRead) {
  DetachedFile file(path_, hanging_.calls());
  EXPECT_TRUE(file.free());
  file.BeginWrite("contents");
  EXPECT_FALSE(file.free());
  auto written = file.Take(Never());
  ASSERT_TRUE(written.has_value());
  EXPECT_TRUE(written->write);
  EXPECT_TRUE(written->status.ok()) << written->status.ToString();
  EXPECT_EQ(written->contents, "contents");
  EXPECT_TRUE(file.free());
  file.BeginRead();
  auto read = file.Take(Never());
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(read->write);
  EXPECT_TRUE(read->status.ok()) << read->status.ToString();
  EXPECT_EQ(read->contents, "contents");
}

TEST_F(DetachedFileTest, AFailureIsWhatTheCallReturned) {
  DetachedFile file(dir_.path() + "/missing/file", hanging_.calls());
  file.BeginRead();
  EXPECT_EQ(file.Take(Never())->status.code(), Code::kNotFound);
  file.BeginWrite("contents");
  EXPECT_FALSE(file.Take(Never())->status.ok());
}

TEST_F(DetachedFileTest, ACallThatHangsIsNotWaitedForBeyondTheDeadlineAndIsTakenOnceItReturns) {
  hanging_.HangWrites(path_);
  DetachedFile file(path_, hanging_.calls());
  file.BeginWrite("late");
  ASSERT_TRUE(WaitUntil([&] { return hanging_.held() > 0; }, kLimit));
  EXPECT_FALSE(file.Take(AtOnce()).has_value());
  EXPECT_FALSE(file.Take(std::chrono::steady_clock::now() + std::chrono::milliseconds(1)).has_value());
  EXPECT_FALSE(file.free());
  hanging_.Release();
  const auto written = file.Take(Never());
  ASSERT_TRUE(written.has_value());
  EXPECT_EQ(written->contents, "late");
  EXPECT_TRUE(file.free());
}

TEST_F(DetachedFileTest, ACallThatHangsIsLeftBehindAndTakesNothingOfItsUserWithIt) {
  hanging_.HangReads(path_);
  {
    DetachedFile file(path_, hanging_.calls());
    file.BeginRead();
    ASSERT_TRUE(WaitUntil([&] { return hanging_.held() > 0; }, kLimit));
  }  // returns
  EXPECT_GT(hanging_.users(), 0) << "the thread is in its call";
  hanging_.Release();
  EXPECT_TRUE(WaitUntil([&] { return hanging_.users() == 0; }, kLimit)) << "and ends with it";
}

TEST_F(DetachedFileTest, AnIdleOneEndsItsThread) {
  {
    DetachedFile file(path_, hanging_.calls());
    file.BeginWrite("contents");
    file.Take(Never());
  }
  EXPECT_EQ(hanging_.users(), 0);
}

}  // namespace
}  // namespace envledger
