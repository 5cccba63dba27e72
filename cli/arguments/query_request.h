// The filters of `query`.
#pragma once

#include <optional>

#include "cli/arguments/options.h"
#include "cli/arguments/principal_argument.h"
#include "ledger/base/time.h"
#include "ledger/codec/message.h"

namespace envledger::cli {

struct QueryPlan {
  QueryRequest request;  // its principal is still to be resolved
  std::optional<PrincipalArgument> principal;
  uint64_t limit = 100;  // 0: all
};

OptionSpecs QueryOptions();
// kInvalidArgument naming the option.
Result<QueryPlan> PlanQuery(const Options& options, Nanos now);

}  // namespace envledger::cli
