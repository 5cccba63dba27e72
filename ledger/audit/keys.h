// The history of a ledger's keys, read from where the ledger is.
#pragma once

#include <cstdint>
#include <functional>

#include "ledger/audit/reader.h"
#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/codec/entry.h"
#include "ledger/store/log_db.h"

namespace envledger {

// The genesis that entry 0 holds. kCorruption when there is none, kInvalidArgument for an unknown format version;
// `header` (may be null) receives its header.
Result<Genesis> GenesisOf(std::string_view entry_bytes, EntryHeader* header);

// From the genesis and the rotations that the log has noted: few reads, however long the log is. A note that was lost
// makes the history end too early; whoever relies on its end compares it with what the last key must have signed.
// kCorruption when a noted entry is no rotation, or one that does not follow from those before.
Result<KeyHistory> NotedKeys(const LogDb& log);

// From every entry of the log. `progress` (may be empty) hears a seq now and then. kCorruption as above.
Result<KeyHistory> ScannedKeys(const LogDb& log, const std::function<void(uint64_t seq)>& progress);

// From what a reader gives, checked on this side. kCorruption, naming the entry, when the history does not hold.
Result<KeyHistory> ReadKeys(LedgerReader& reader);

}  // namespace envledger
