#include "cli/arguments/query_request.h"

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/principal_argument.h"
#include "cli/arguments/time_argument.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

const OptionSpecs kFilters = {
    {"tenant", Takes::kValue, "TENANT", "the tenant that the request was made for"},
    {"kind", Takes::kValue, "KIND", "of execution: model_deployment, inference, agent_run, job, ...",
     WordsOf<ExecutionKind>},
    {"target", Takes::kValue, "[TYPE:]ID", "what was worked on"},
    {"scope", Takes::kValue, "[KIND:]ID", "the scope under which it was asked"},
    {"stage", Takes::kValues, "STAGE", "the stage now: requested, granted, completed, ... (a list: any of them)",
     WordsOf<Stage>},
    {"recorder", Takes::kValue, "PRODUCER", "who appended a record of it"},
    {"request-id", Takes::kValue, "ID", "correlation: the request id"},
    {"trace-id", Takes::kValue, "HEX", "correlation: the trace id of its traceparent"},
    {"native-id", Takes::kValue, "ID", "routing: an id that the backend gave it (a native id, or the target_ref)"},
    {"node", Takes::kValue, "NODE", "routing: it was placed on this node"},
    {"parent", Takes::kValue, "ID", "the envelopes that this envelope started"},
    {"delegated", Takes::kNothing, "", "asked through a chain of delegation"},
    {"since", Takes::kValue, "TIME", "requested at TIME or later (occurred_at, the producer's clock)"},
    {"until", Takes::kValue, "TIME", "requested before TIME"},
    {"recorded-since", Takes::kValue, "TIME", "requested record sealed at TIME or later (recorded_at, the ledger's)"},
    {"recorded-until", Takes::kValue, "TIME", "requested record sealed before TIME"},
    {"open", Takes::kNothing, "", "not ended yet"},
    {"narrowed", Takes::kNothing, "", "granted less than requested of something"},
    {"widened", Takes::kNothing, "", "granted more than requested of something: --relation widened,added"},
    {"relation", Takes::kValues, "RELATION",
     "of a resource: as_requested, narrowed, widened, withheld, unstated, added (a list: any of them)",
     WordsOf<Relation, 0>},
    {"at", Takes::kValue, "TIME", "the state as of TIME: what occurred later is left out, in filters and in output"},
    {"scan", Takes::kNothing, "", "read every entry instead of the indexes, to compare with what they say; slow"},
    {"limit", Takes::kValue, "N", "at most N envelopes (default 100; 0: all)"},
    {"cursor", Takes::kValue, "CURSOR", "go on where an answer ended (its next_cursor), with the same filters"},
    {"order", Takes::kValue, "ORDER", "asc (the default: the oldest first) or desc",
     [] {
       return std::vector<std::string_view>{"asc", "desc"};
     }},
};

}  // namespace

OptionSpecs QueryOptions() { return Join({PrincipalOptions(), kFilters}); }

Result<std::vector<KeyValue>> StateFilters(const Options& options, Nanos now) {
  std::vector<KeyValue> filters;
  for (const QueryFilter& filter : QueryFilters()) {
    if (!options.Has(filter.name)) continue;
    std::string value = Joined(options.All(filter.name), ",");
    if (filter.takes == FilterTakes::kTime) {
      auto time = ParseTimeArgument(value, now);
      if (!time.ok()) return std::move(time).status().Prepend("--" + std::string(filter.name) + ": ");
      value = FormatTime(*time);
    }
    filters.push_back({std::string(filter.name), std::move(value)});
  }
  return filters;
}

Result<QueryPlan> PlanQuery(const Options& options, Nanos now) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<KeyValue> filters, StateFilters(options, now));
  ENVLEDGER_ASSIGN_OR_RETURN(QueryPlan plan, ReadFilters(filters));
  if (!options.Has("limit")) plan.limit = kQueryLimit;
  plan.request.cursor = options.Get("cursor");
  return plan;
}

}  // namespace envledger::cli
