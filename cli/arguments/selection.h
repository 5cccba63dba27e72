// Which envelopes a command is about: what the commands share that take the filters of `query`.
#pragma once

#include <vector>

#include "cli/arguments/options.h"
#include "cli/arguments/query_request.h"
#include "cli/context.h"

namespace envledger::cli {

// The plan of query's options, with no limit unless one is given. kInvalidArgument naming the option.
Result<QueryPlan> PlanSelection(const Options& options, Nanos now);

// Asks the ledger which principal is meant, where the plan has one, and puts that into the request. Several are all
// meant, which stderr says; returned are those that one page of the ledger's answer names.
Result<std::vector<Principal>> ResolvePrincipal(Context& context, LedgerReader& reader, QueryPlan& plan);

}  // namespace envledger::cli
