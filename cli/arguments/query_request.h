// The filters of `query`, as options.
#pragma once

#include <vector>

#include "cli/arguments/options.h"
#include "ledger/base/time.h"
#include "ledger/protocol/filters.h"

namespace envledger::cli {

// Envelopes that query lists where no --limit is given.
inline constexpr uint64_t kQueryLimit = 100;

// Each of the QueryFilters, and --cursor.
OptionSpecs QueryOptions();

// The filters among the options as they are written down (ledger/protocol/filters.h): moments that are relative to
// `now` made absolute. kInvalidArgument naming the option.
Result<std::vector<KeyValue>> StateFilters(const Options& options, Nanos now);
// What they ask for; with the cursor, and query's limit where none is given. kInvalidArgument naming the option.
Result<QueryPlan> PlanQuery(const Options& options, Nanos now);
// What is printed behind the ledger's cursor, so that it can be typed with the same options: where there are spans ago
// among them, "@" and the moment before which they reach. The cursor given brings that moment along, otherwise it is
// `now`. REQUIRES: PlanQuery took the same.
std::string CursorEnd(const Options& options, Nanos now);

}  // namespace envledger::cli
