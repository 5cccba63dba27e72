#include "tests/faults/fault_case.h"

#include <cerrno>
#include <set>

namespace envledger {
namespace {

// Whoever repeats a call after EINTR repeats it as long as it fails so.
constexpr uint64_t kInterruptions = 5;

}  // namespace

const char* NameOf(FaultPhase phase) {
  static constexpr const char* kNames[] = {"init", "start", "append", "checkpoint", "flush", "stop"};
  return kNames[static_cast<size_t>(phase)];
}

const char* NameOf(FaultCall call) {
  static constexpr const char* kNames[kFaultCalls] = {"write",           "pwrite", "fdatasync", "fsync",
                                                      "sync_file_range", "rename", "openat",    "ftruncate",
                                                      "fallocate",       "mmap",   "clone"};
  return kNames[static_cast<size_t>(call)];
}

const char* NameOf(FaultSeen seen) {
  static constexpr const char* kNames[] = {"-", "nothing", "reported", "stopped", "ended", "killed"};
  return kNames[static_cast<size_t>(seen)];
}

std::string NameOfError(int32_t error) {
  switch (error) {
    case EIO:
      return "EIO";
    case ENOSPC:
      return "ENOSPC";
    case EINTR:
      return "EINTR";
    case EAGAIN:
      return "EAGAIN";
    case ENOMEM:
      return "ENOMEM";
    case kKill:
      return "kill";
    default:
      return std::to_string(error);
  }
}

std::string Describe(const FaultCase& fault) {
  std::string text = std::string(NameOf(fault.phase)) + ": " + NameOf(fault.call) + " " + std::to_string(fault.first);
  if (fault.calls == UINT64_MAX) {
    text += " and later";
  } else if (fault.calls > 1) {
    text += " to " + std::to_string(fault.first + fault.calls - 1);
  }
  return text + ": " + NameOfError(fault.error);
}

bool IsHarmless(const FaultCase& fault) {
  if (fault.error == kKill) return false;
  switch (fault.call) {
    case FaultCall::kFallocate:
      return true;  // space is reserved to keep files together; it can be done without
    case FaultCall::kWrite:
    case FaultCall::kPwrite:
    case FaultCall::kFdatasync:
    case FaultCall::kFsync:
    case FaultCall::kSyncFileRange:
    case FaultCall::kFtruncate:
      return fault.error == EINTR;
    case FaultCall::kOpen:
      // The C++ library, which lists and removes directories, does not repeat its calls.
      return fault.error == EINTR && fault.phase != FaultPhase::kInit && fault.phase != FaultPhase::kStart;
    case FaultCall::kRename:
    case FaultCall::kMmap:
    case FaultCall::kClone:
      return false;  // signals do not interrupt these
  }
  return false;
}

const std::vector<int32_t>& FaultErrors() {
  static const std::vector<int32_t> all = {EIO, ENOSPC, EINTR, EAGAIN, ENOMEM, kKill};
  return all;
}

std::vector<FaultCase> CasesOf(FaultPhase phase, FaultCall call, uint64_t count, bool each) {
  std::vector<FaultCase> cases;
  if (count == 0) return cases;
  std::set<uint64_t> firsts = {1, (count + 1) / 2, count};
  for (uint64_t first = 1; each && first <= count; ++first) firsts.insert(first);
  for (const int32_t error : FaultErrors()) {
    for (const uint64_t first : firsts) cases.push_back({phase, call, error, first, 1});
    if (error == kKill) continue;
    cases.push_back({phase, call, error, 1, error == EINTR ? kInterruptions : UINT64_MAX});
  }
  return cases;
}

}  // namespace envledger
