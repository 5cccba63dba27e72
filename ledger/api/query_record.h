// The query_served event: what the ledger records about an audit request.
#pragma once

#include <optional>

#include "ledger/codec/entry.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Longer filter values are cut to this size, and their full size is recorded.
inline constexpr size_t kMaxRecordedFilterBytes = 1024;

// The event for a request that `peer` sent and for its answer. Nothing for requests that are not recorded: ping, status
// and checkpoints, which reveal no envelope; refusals other than "not found", which reveal nothing; pages without
// entries; pages in the middle of an answer that have no results, because a question may need many; and pages that hold
// only query_served events, because otherwise reading them would create more of them without end.
std::optional<QueryServed> RecordOf(const Recorder& peer, const RequestBody& request, const ResponseBody& response);

}  // namespace envledger
