#include "ledger/base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <vector>

namespace envledger {
namespace {

TEST(WorkerPool, OneThreadRunsTasksInOrder) {
  std::vector<int> ran;
  {
    WorkerPool pool(1);
    for (int i = 0; i < 1000; ++i) pool.Submit([&ran, i] { ran.push_back(i); });
  }
  ASSERT_EQ(ran.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(ran[static_cast<size_t>(i)], i);
}

TEST(WorkerPool, SeveralThreadsRunTasksAtOnce) {
  constexpr int kThreads = 3;
  std::latch all_run(kThreads);
  WorkerPool pool(kThreads);
  for (int i = 0; i < kThreads; ++i) pool.Submit([&all_run] { all_run.arrive_and_wait(); });
  all_run.wait();  // each task waits for the others
}

TEST(WorkerPool, RunsAllThatWasSubmittedBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    std::latch begin(1);
    WorkerPool pool(2);
    for (int i = 0; i < 2; ++i) pool.Submit([&begin] { begin.wait(); });
    for (int i = 0; i < 500; ++i) pool.Submit([&ran] { ++ran; });
    EXPECT_EQ(ran, 0) << "both threads are busy";
    begin.count_down();
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, ATaskMaySubmitAnother) {
  std::latch done(1);
  WorkerPool pool(1);
  pool.Submit([&] { pool.Submit([&done] { done.count_down(); }); });
  done.wait();
}

}  // namespace
}  // namespace envledger
