// Some of the table of faults (fault_table runs all of it): each call and each phase, with errors that may be expected of
// the call. For each case it says what is seen of it.
#include <gmock/gmock.h>

#include <cerrno>
#include <cstdint>
#include <vector>

#include "tests/faults/fault_lab.h"

namespace envledger {
namespace {

constexpr uint64_t kAll = UINT64_MAX;

struct Expected {
  FaultCall call;
  int32_t error;
  uint64_t first;
  uint64_t calls;
  FaultSeen seen;
};

void Expect(FaultPhase phase, const std::vector<Expected>& table) {
  FaultLab lab;
  for (const auto& [call, error, first, calls, seen] : table) {
    const FaultCase fault = {.phase = phase, .call = call, .error = error, .first = first, .calls = calls};
    const FaultResult result = lab.Run(fault);
    EXPECT_THAT(result.wrong, testing::IsEmpty()) << Describe(fault) << "\n" << result.said;
    EXPECT_STREQ(NameOf(result.seen), NameOf(seen)) << Describe(fault) << "\n" << result.said;
  }
}

TEST(FaultTest, ALedgerIsCreatedWholeOrNotAtAll) {
  Expect(FaultPhase::kInit, {{FaultCall::kWrite, ENOSPC, 1, kAll, FaultSeen::kEnded},
                             {FaultCall::kFsync, EIO, 1, 1, FaultSeen::kEnded},
                             {FaultCall::kRename, EIO, 1, 1, FaultSeen::kEnded},
                             {FaultCall::kRename, kKill, 5, 1, FaultSeen::kKilled},
                             {FaultCall::kFallocate, ENOSPC, 1, kAll, FaultSeen::kNothing},
                             {FaultCall::kClone, EAGAIN, 1, 1, FaultSeen::kEnded}});
}

TEST(FaultTest, AStartThatFailsSaysWhyAndTheNextOneSucceeds) {
  Expect(FaultPhase::kStart, {{FaultCall::kWrite, ENOSPC, 1, kAll, FaultSeen::kEnded},
                              {FaultCall::kFdatasync, EIO, 1, 1, FaultSeen::kEnded},
                              {FaultCall::kSyncFileRange, EIO, 1, 1, FaultSeen::kEnded},
                              {FaultCall::kOpen, EIO, 1, 1, FaultSeen::kEnded},
                              {FaultCall::kRename, kKill, 1, 1, FaultSeen::kKilled},
                              {FaultCall::kMmap, ENOMEM, 1, kAll, FaultSeen::kEnded},
                              {FaultCall::kClone, EAGAIN, 2, kAll, FaultSeen::kEnded}});
}

TEST(FaultTest, AppendsAreAcknowledgedOnlyWhenTheyAreDurable) {
  Expect(FaultPhase::kAppend, {{FaultCall::kWrite, ENOSPC, 2, 1, FaultSeen::kStopped},
                               {FaultCall::kWrite, EINTR, 1, 5, FaultSeen::kNothing},
                               {FaultCall::kWrite, kKill, 3, 1, FaultSeen::kKilled},
                               {FaultCall::kFdatasync, EIO, 1, 1, FaultSeen::kStopped},
                               {FaultCall::kFdatasync, EINTR, 1, 3, FaultSeen::kNothing},
                               {FaultCall::kPwrite, ENOSPC, 1, kAll, FaultSeen::kReported},
                               {FaultCall::kMmap, ENOMEM, 1, kAll, FaultSeen::kEnded},
                               {FaultCall::kClone, EAGAIN, 1, kAll, FaultSeen::kNothing}});
}

TEST(FaultTest, ACheckpointIsSignedAndPublishedOrRefused) {
  Expect(FaultPhase::kCheckpoint, {{FaultCall::kFsync, EIO, 1, 1, FaultSeen::kStopped},
                                   {FaultCall::kRename, EIO, 1, 1, FaultSeen::kStopped},
                                   {FaultCall::kOpen, ENOMEM, 1, kAll, FaultSeen::kStopped},
                                   {FaultCall::kFdatasync, kKill, 1, 1, FaultSeen::kKilled}});
}

TEST(FaultTest, ATableThatCannotBeWrittenLosesNothing) {
  Expect(FaultPhase::kFlush, {{FaultCall::kSyncFileRange, EIO, 2, 1, FaultSeen::kStopped},
                              {FaultCall::kFallocate, ENOSPC, 1, kAll, FaultSeen::kNothing}});
}

TEST(FaultTest, AStopEndsWhateverFails) {
  Expect(FaultPhase::kStop, {{FaultCall::kFtruncate, EIO, 1, kAll, FaultSeen::kNothing},
                             {FaultCall::kWrite, ENOSPC, 1, kAll, FaultSeen::kEnded},
                             {FaultCall::kFsync, EIO, 1, kAll, FaultSeen::kEnded},
                             {FaultCall::kRename, kKill, 1, 1, FaultSeen::kKilled}});
}

TEST(FaultTest, TheToolSaysWhyItCannotGoOn) {
  FaultLab lab;
  const Ended without_threads = lab.RunVerify({.call = FaultCall::kClone, .error = EAGAIN, .calls = kAll});
  EXPECT_EQ(without_threads.status, 5) << without_threads.err;
  EXPECT_THAT(without_threads.err, testing::HasSubstr("envledger: a thread cannot be started: Resource temporarily"));
  const Ended without_memory = lab.RunVerify({.call = FaultCall::kMmap, .error = ENOMEM, .calls = kAll});
  EXPECT_EQ(without_memory.status, 5) << without_memory.err;
  EXPECT_THAT(without_memory.err, testing::HasSubstr("envledger: out of memory"));
}

}  // namespace
}  // namespace envledger
