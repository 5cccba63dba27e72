// The filters of `query`, as options.
#pragma once

#include <vector>

#include "cli/arguments/options.h"
#include "ledger/base/time.h"
#include "ledger/protocol/filters.h"

namespace envledger::cli {

// The number of envelopes that query lists without --limit.
inline constexpr uint64_t kQueryLimit = 100;

// All QueryFilters, and --cursor.
OptionSpecs QueryOptions();

// The filters among the options, in their written form (ledger/protocol/filters.h). Times relative to `now` become
// absolute. kInvalidArgument, naming the option.
Result<std::vector<KeyValue>> StateFilters(const Options& options, Nanos now);
// The query for these filters, with the cursor, and with kQueryLimit if no limit is given. kInvalidArgument, naming the
// option.
Result<QueryPlan> PlanQuery(const Options& options, Nanos now);
// The text to print after the ledger's cursor, so that the cursor can be used with the same options. If one of them is
// a span of time ago, this is "@" and the moment from which spans are counted: the moment in the given cursor,
// otherwise `now`. Else empty. REQUIRES: PlanQuery accepted the same arguments.
std::string CursorEnd(const Options& options, Nanos now);

}  // namespace envledger::cli
