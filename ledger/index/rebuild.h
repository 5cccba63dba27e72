// Rebuilding a ledger's index while no daemon runs on the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ledger/base/status.h"

namespace envledger {

// Removes the index of the ledger in `data_dir` and rebuilds it from the log, in place. No daemon may run on the
// ledger: kUnavailable when one does, or when the disk cannot be written; kNotFound when there is no ledger;
// kCorruption with rule "log" when the log cannot be read to its end. `progress` (may be empty) is told how many
// entries are done, and of how many. Returns how many there are.
Result<uint64_t> RebuildIndex(const std::string& data_dir, const std::function<void(uint64_t, uint64_t)>& progress);

}  // namespace envledger
