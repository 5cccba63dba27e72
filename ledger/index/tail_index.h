// The part of an index that is not stored yet, derived from the log and held in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "ledger/base/status.h"
#include "ledger/store/index_db.h"
#include "ledger/store/log_db.h"

namespace envledger {

// An index of the entries before `until`: `base`, which reaches its watermark, and the keys of the later entries, as
// the indexer would write them. The result owns `base`. IndexDamage when `base` lacks what the rest continues;
// kResourceExhausted when the keys take more than `max_bytes`; the errors of LogDb::Scan; kCorruption for a malformed
// entry.
Result<std::unique_ptr<IndexReader>> DeriveTail(const LogDb& log, std::shared_ptr<const IndexReader> base,
                                                uint64_t until, size_t max_bytes);

}  // namespace envledger
