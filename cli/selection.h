// Which envelopes a command is about, where that is more than the rows of one answer: exports and reports.
#pragma once

#include <vector>

#include "cli/context.h"
#include "cli/options.h"
#include "cli/query_request.h"

namespace envledger::cli {

// The plan of query's options, with no limit unless one is given. kInvalidArgument naming the option.
Result<QueryPlan> PlanSelection(const Options& options, Nanos now);

// Asks the ledger which principal is meant, where the plan has one, and puts that into the request. Several are all
// meant, which stderr says; returned are those that one page of the ledger's answer names.
Result<std::vector<Principal>> ResolvePrincipal(Context& context, LedgerReader& reader, QueryPlan& plan);

}  // namespace envledger::cli
