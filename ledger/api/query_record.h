// What goes on the record about an audit request: the query_served event.
#pragma once

#include <optional>

#include "ledger/codec/entry.h"
#include "ledger/protocol/message.h"

namespace envledger {

// A filter's value longer than this is cut there, and says how long it was.
inline constexpr size_t kMaxRecordedFilterBytes = 1024;

// The event for a request that `peer` sent and that was answered so. Nothing for what is not recorded: ping, status and
// checkpoints, which tell of no envelope; refusals other than "not found", which tell of nothing; pages of entries
// without any entry; and pages that hold only query_served events, or else reading them would make more of them without
// end.
std::optional<QueryServed> RecordOf(const Recorder& peer, const RequestBody& request, const ResponseBody& response);

}  // namespace envledger
