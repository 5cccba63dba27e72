// One row of the table of faults: which calls fail, when and how, and what must come of it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/faults/fault_page.h"

namespace envledger {

// What the daemon does while calls fail.
enum class FaultPhase {
  kInit,        // creates a ledger
  kStart,       // recovers after a kill: writes its log into tables, brings the index up to date, and gets ready
  kAppend,      // seals and acknowledges
  kCheckpoint,  // signs and publishes
  kFlush,       // appends until the log's buffer is full, and writes it into a table
  kStop,        // closes after SIGTERM
};
inline constexpr std::array<FaultPhase, 6> kFaultPhases = {FaultPhase::kInit,   FaultPhase::kStart,
                                                           FaultPhase::kAppend, FaultPhase::kCheckpoint,
                                                           FaultPhase::kFlush,  FaultPhase::kStop};

struct FaultCase {
  FaultPhase phase = FaultPhase::kInit;
  FaultCall call = FaultCall::kWrite;
  int32_t error = 0;   // errno or kKill
  uint64_t first = 1;  // the first call of the phase that fails
  uint64_t calls = 1;  // how many in a row do; UINT64_MAX: every later one
};

const char* NameOf(FaultPhase phase);
const char* NameOf(FaultCall call);
// "EIO", or "kill".
std::string NameOfError(int32_t error);
// "start: fsync 2: EIO", "append: write 1 and later: ENOSPC".
std::string Describe(const FaultCase& fault);

// What the client and the operator saw of a fault.
enum class FaultSeen {
  kNotReached,  // there was no such call
  kNothing,     // everything went on, and the status stayed healthy
  kReported,    // everything went on, and the status or the exit status names a problem
  kStopped,     // appends or signatures ended with an error, and the daemon went on answering
  kEnded,       // the daemon ended with exit status 5 and a message
  kKilled,      // the fault was a kill
};
const char* NameOf(FaultSeen seen);

// Whether the fault must not be noticed by anybody: the call is only a hint, or POSIX says to repeat it.
bool IsHarmless(const FaultCase& fault);

// The errors of the table.
const std::vector<int32_t>& FaultErrors();
// The cases of the table for a phase and a call that occurs `count` times in it: each error on the first, a middle and
// the last call, or on each single one, and from the first on.
std::vector<FaultCase> CasesOf(FaultPhase phase, FaultCall call, uint64_t count, bool each);

}  // namespace envledger
