// The page of shared memory by which a test tells the preloaded library (fault_shim.cc) which system calls of a program
// fail.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace envledger {

// A family of calls that do the same: kWrite is write and writev, kOpen is open and openat.
enum class FaultCall : uint32_t {
  kWrite,
  kPwrite,
  kFdatasync,
  kFsync,
  kSyncFileRange,
  kRename,
  kOpen,
  kFtruncate,
  kFallocate,
  kMmap,   // of a file, and the memory of a large allocation
  kClone,  // the start of a thread
};
inline constexpr size_t kFaultCalls = 11;

// In place of an errno: the program is killed.
inline constexpr int32_t kKill = -1;

// While armed, calls of each kind are counted, and those of kind `call` fail whose number is in [first, end).
struct FaultPage {
  std::atomic<uint32_t> armed{0};
  std::atomic<FaultCall> call{FaultCall::kWrite};
  std::atomic<int32_t> error{0};  // errno or kKill; 0: nothing fails
  std::atomic<uint64_t> first{1};
  std::atomic<uint64_t> end{1};
  std::atomic<uint64_t> struck{0};
  std::atomic<uint64_t> seen[kFaultCalls]{};
};
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<FaultCall>::is_always_lock_free);

// The variables by which a program finds the page, besides LD_PRELOAD.
inline constexpr char kFaultRootVariable[] = "ENVLEDGER_FAULT_ROOT";  // the directory whose files count, absolute
inline constexpr char kFaultPageVariable[] = "ENVLEDGER_FAULT_PAGE";

}  // namespace envledger
