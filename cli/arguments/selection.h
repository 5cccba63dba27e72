// The selection of envelopes, shared by the commands that take the filters of `query`.
#pragma once

#include <vector>

#include "cli/arguments/options.h"
#include "cli/arguments/query_request.h"
#include "cli/context.h"

namespace envledger::cli {

// The plan of query's options, without a limit unless one is given. kInvalidArgument, naming the option.
Result<QueryPlan> PlanSelection(const Options& options, Nanos now);

// If the plan names a principal, asks the ledger which principals have that name, and puts the filter into the request.
// If there is more than one, the request covers all of them and a note on stderr says so. Returns the principals in the
// first page of the ledger's answer.
Result<std::vector<Principal>> ResolvePrincipal(Context& context, LedgerReader& reader, QueryPlan& plan);

}  // namespace envledger::cli
