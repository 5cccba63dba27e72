// A ledger on which faults are tried, one after the other. Each begins with the same ledger, which was killed with some
// records in its write-ahead log.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ledger/protocol/message.h"
#include "tests/crash/oracle.h"
#include "tests/faults/fault_case.h"
#include "tests/support/daemon.h"
#include "tests/support/temp_dir.h"

namespace envledger {

struct FaultResult {
  FaultSeen seen = FaultSeen::kNotReached;
  std::string said;                // by the daemon and to its clients
  std::vector<std::string> wrong;  // what must not happen: a loss, an abort, a hang, a false or missing message
};

class FaultLab {
 public:
  FaultLab();
  ~FaultLab();
  FaultLab(const FaultLab&) = delete;
  FaultLab& operator=(const FaultLab&) = delete;

  // Lets the calls fail, then starts the daemon without faults and compares the ledger with every acknowledgment.
  FaultResult Run(const FaultCase& fault);
  // `envledger verify --data-dir` while the calls fail; the phase does not matter.
  Ended RunVerify(const FaultCase& fault);
  // How often each call occurs in a phase in which nothing fails.
  std::array<uint64_t, kFaultCalls> Count(FaultPhase phase);

 private:
  class Attempt;
  void Restore();
  void Arm(const FaultCase& fault);
  using Promise = std::pair<Batch, std::vector<Acknowledgment>>;

  TempDir directory_;
  ServedLedger ledger_;
  FaultPage* page_ = nullptr;
  Child::Setup setup_;             // of a program whose calls may fail
  std::vector<Promise> promises_;  // of the records that are there at the beginning
  std::vector<Batch> flushing_;    // fill the log's buffer
};

}  // namespace envledger
