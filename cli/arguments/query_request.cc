#include "cli/arguments/query_request.h"

#include <algorithm>

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/principal_argument.h"
#include "cli/arguments/time_argument.h"
#include "ledger/base/bytes.h"
#include "ledger/base/message.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

const OptionSpecs kFilters = {
    {"tenant", Takes::kValue, "TENANT", "the tenant that the request was made for"},
    {"kind", Takes::kValue, "KIND", "kind of execution: model_deployment, inference, agent_run, job, ...",
     WordsOf<ExecutionKind>},
    {"target", Takes::kValue, "[TYPE:]ID", "a target of the execution, such as a model"},
    {"scope", Takes::kValue, "[KIND:]ID", "the scope of the request"},
    {"stage", Takes::kValues, "STAGE", "the present stage: requested, granted, completed, ... (a list: any of them)",
     WordsOf<Stage>},
    {"recorder", Takes::kValue, "PRODUCER", "the producer that appended at least one of the records"},
    {"request-id", Takes::kValue, "ID", "correlation: the request id"},
    {"trace-id", Takes::kValue, "HEX", "correlation: the trace id of the traceparent"},
    {"native-id", Takes::kValue, "ID", "routing: an id given by the backend (a native id, or the target_ref)"},
    {"node", Takes::kValue, "NODE", "routing: a node on which the execution was placed"},
    {"parent", Takes::kValue, "ID", "requested within this envelope"},
    {"delegated", Takes::kNothing, "", "requested through a chain of delegation"},
    {"since", Takes::kValue, "TIME", "requested at TIME or later (occurred_at, the producer's clock)"},
    {"until", Takes::kValue, "TIME", "requested before TIME"},
    {"recorded-since", Takes::kValue, "TIME",
     "the requested record was sealed at TIME or later (recorded_at, the ledger's clock)"},
    {"recorded-until", Takes::kValue, "TIME", "the requested record was sealed before TIME"},
    {"open", Takes::kNothing, "", "not ended yet"},
    {"narrowed", Takes::kNothing, "", "granted less than requested of at least one resource"},
    {"widened", Takes::kNothing, "",
     "granted more than requested of at least one resource: short for --relation widened,added"},
    {"relation", Takes::kValues, "RELATION",
     "of at least one resource: as_requested, narrowed, widened, withheld, unstated, added (a list: any of them)",
     WordsOf<Relation, 0>},
    {"at", Takes::kValue, "TIME", "the state as of TIME: filters and output ignore everything that occurred later"},
    {"scan", Takes::kNothing, "", "read every entry instead of using the indexes, to check the indexes; slow"},
    {"limit", Takes::kValue, "N", "at most N envelopes (default 100; 0: all)"},
    {"cursor", Takes::kValue, "CURSOR", "continue after a previous answer (its next_cursor), with the same filters"},
    {"order", Takes::kValue, "ORDER", "asc (the default: oldest first) or desc",
     [] {
       return std::vector<std::string_view>{"asc", "desc"};
     }},
};

// A cursor as given on the command line: the ledger's cursor, and the moment after it if there is one.
struct TypedCursor {
  std::string ledgers;
  std::optional<Nanos> moment;
};

bool HasSpansAgo(const Options& options) {
  const std::vector<QueryFilter>& filters = QueryFilters();
  return std::any_of(filters.begin(), filters.end(), [&options](const QueryFilter& filter) {
    return filter.takes == FilterTakes::kTime && IsSpanAgo(options.Get(filter.name));
  });
}

Result<TypedCursor> ReadCursor(const Options& options) {
  const std::string typed = options.Get("cursor");
  const size_t at = typed.find('@');
  if (at == std::string::npos) return TypedCursor{typed, std::nullopt};
  const auto moment = ParseTime(typed.substr(at + 1));
  if (!moment.ok() || FormatTime(*moment) != typed.substr(at + 1) || !HasSpansAgo(options)) {
    return InvalidArgument("--cursor: " + Quoted(typed) +
                           " is not a cursor for these filters, or is incomplete; use next_cursor of the last answer");
  }
  return TypedCursor{typed.substr(0, at), *moment};
}

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
  ENVLEDGER_ASSIGN_OR_RETURN(TypedCursor cursor, ReadCursor(options));
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<KeyValue> filters, StateFilters(options, cursor.moment.value_or(now)));
  ENVLEDGER_ASSIGN_OR_RETURN(QueryPlan plan, ReadFilters(filters));
  if (!options.Has("limit")) plan.limit = kQueryLimit;
  plan.request.cursor = std::move(cursor.ledgers);
  return plan;
}

std::string CursorEnd(const Options& options, Nanos now) {
  if (!HasSpansAgo(options)) return "";
  const auto cursor = ReadCursor(options);
  return "@" + FormatTime(cursor.ok() ? cursor->moment.value_or(now) : now);
}

}  // namespace envledger::cli
