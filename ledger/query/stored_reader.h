// A ledger's directory, opened for reading.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "ledger/base/status.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

struct StoredOptions {
  // Entries that the index on disk does not reach are indexed in memory, at about 1.5 KiB each. If there are more of
  // them than this, they are indexed in a temporary directory.
  uint64_t tail_in_memory = 65'536;
  std::function<void(uint64_t done, uint64_t all)> progress = {};  // of that indexing; may be empty
};
// Opens the ledger in `data_dir` for reading, closed or beside a running daemon: a consistent view of the moment of
// opening. Changes nothing in the directory. kNotFound when there is no ledger, kUnavailable when it cannot be read.
Result<std::unique_ptr<LedgerReader>> OpenStored(const std::string& data_dir, const StoredOptions& options = {});

}  // namespace envledger
