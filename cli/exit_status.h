// The exit statuses of the tool, which scripts depend on.
#pragma once

#include "ledger/base/status.h"

namespace envledger::cli {

enum class ExitStatus : int {
  kFine = 0,
  kFailedVerification = 1,  // the ledger or a proof does not verify, or an answer is incomplete
  kWrongUsage = 2,
  kNotFound = 3,
  kRefused = 4,      // refused by the ledger: invalid, conflict, not permitted, over a limit
  kUnavailable = 5,  // socket, disk, key
};

// The exit status for a status from the ledger.
ExitStatus ExitStatusOf(const Status& status);

}  // namespace envledger::cli
