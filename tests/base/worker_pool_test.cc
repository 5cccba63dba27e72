#include "ledger/base/worker_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <vector>

namespace envledger {
namespace {

TEST(WorkerPool, OneThreadRunsTasksInOrder) {
  std::vector<int> ran;
  {
    WorkerPool pool({.threads = 1});
    for (int i = 0; i < 1000; ++i) pool.Submit(0, [&ran, i] { ran.push_back(i); });
  }
  ASSERT_EQ(ran.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(ran[static_cast<size_t>(i)], i);
}

TEST(WorkerPool, SeveralThreadsRunTasksAtOnce) {
  constexpr int kThreads = 3;
  std::latch all_run(kThreads);
  WorkerPool pool({.threads = kThreads});
  for (int i = 0; i < kThreads; ++i) pool.Submit(0, [&all_run] { all_run.arrive_and_wait(); });
  all_run.wait();  // each task waits for the others
}

TEST(WorkerPool, RunsAllThatWasSubmittedBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    std::latch begin(1);
    WorkerPool pool({.threads = 2});
    for (int i = 0; i < 2; ++i) pool.Submit(0, [&begin] { begin.wait(); });
    for (int i = 0; i < 500; ++i) pool.Submit(0, [&ran] { ++ran; });
    EXPECT_EQ(ran, 0) << "both threads are busy";
    begin.count_down();
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, ATaskMaySubmitAnother) {
  std::latch done(1);
  WorkerPool pool({.threads = 1});
  pool.Submit(0, [&] { pool.Submit(0, [&done] { done.count_down(); }); });
  done.wait();
}

// A pool of one thread, which is busy until it is let go.
class TurnsTest : public testing::Test {
 protected:
  TurnsTest() {
    pool_->Submit(0, [this] { begin_.wait(); });
  }
  void Submit(WorkerPool::Owner owner, const std::string& name) {
    pool_->Submit(owner, [this, name] { ran_ += name; });
  }
  // What ran, in order.
  std::string RunAll() {
    begin_.count_down();
    pool_.reset();
    return ran_;
  }

  std::latch begin_{1};
  std::string ran_;
  std::unique_ptr<WorkerPool> pool_ = std::make_unique<WorkerPool>(WorkerPoolOptions{.threads = 1});
};

TEST_F(TurnsTest, OwnersTakeTurnsHoweverManyTasksOneHas) {
  for (const char* name : {"a", "b", "c", "d"}) Submit(1, name);
  for (const char* name : {"1", "2"}) Submit(2, name);
  Submit(3, "x");
  EXPECT_EQ(RunAll(), "a1xb2cd");
}

TEST_F(TurnsTest, WhoIsHeldBackWaitsUntilItMayGoOn) {
  const auto never = std::chrono::steady_clock::now() + std::chrono::hours(1);
  std::latch others_ran(1);
  std::latch all_ran(1);
  pool_->HoldBack(1, never);
  Submit(1, "a");
  pool_->Submit(1, [&] { all_ran.count_down(); });
  Submit(2, "1");
  Submit(2, "2");
  pool_->Submit(2, [&] { others_ran.count_down(); });
  begin_.count_down();
  others_ran.wait();
  pool_->HoldBack(1, std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  all_ran.wait();
  EXPECT_EQ(ran_, "12a");
}

TEST_F(TurnsTest, WhoIsHeldBackDoesNotHoldUpTheEnd) {
  pool_->HoldBack(1, std::chrono::steady_clock::now() + std::chrono::hours(1));
  Submit(1, "a");
  EXPECT_EQ(RunAll(), "a");
}

TEST(WorkerPool, ThreadsHaveTheirNameAndPriority) {
  const int before = getpriority(PRIO_PROCESS, 0);
  std::array<char, 16> name{};
  int priority = before;
  {
    WorkerPool pool({.threads = 1, .name = "reader", .nice = 3});
    pool.Submit(0, [&] {
      pthread_getname_np(pthread_self(), name.data(), name.size());
      priority = getpriority(PRIO_PROCESS, 0);
    });
  }
  EXPECT_STREQ(name.data(), "reader");
  EXPECT_EQ(priority, std::min(before + 3, 19));
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before) << "that of the others stays";
}

}  // namespace
}  // namespace envledger
