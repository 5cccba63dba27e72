#include "cli/arguments/query_request.h"

#include <limits>

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/time_argument.h"

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

Status SetTimes(const Options& options, Nanos now, QueryRequest& request) {
  const struct {
    const char* name;
    std::optional<Nanos>* time;
  } times[] = {{"since", &request.since},
               {"until", &request.until},
               {"recorded-since", &request.recorded_since},
               {"recorded-until", &request.recorded_until},
               {"at", &request.at}};
  for (const auto& [name, time] : times) {
    if (!options.Has(name)) continue;
    auto parsed = ParseTimeArgument(options.Get(name), now);
    if (!parsed.ok()) return std::move(parsed).status().Prepend("--" + std::string(name) + ": ");
    *time = *parsed;
  }
  return Ok();
}

Status SetWords(const Options& options, QueryRequest& request) {
  if (options.Has("kind")) {
    const auto kind = ParseName<ExecutionKind>(options.Get("kind"));
    if (!kind) return InvalidArgument("--kind: no such kind of execution: \"" + options.Get("kind") + "\"");
    request.kind = *kind;
  }
  for (const std::string& word : options.Split("stage")) {
    const auto stage = ParseName<Stage>(word);
    if (!stage) return InvalidArgument("--stage: no such stage: \"" + word + "\"");
    request.stages.push_back(*stage);
  }
  for (const std::string& word : options.Split("relation")) {
    const auto relation = ParseRelation(word);
    if (!relation) return InvalidArgument("--relation: no such relation: \"" + word + "\"");
    request.relations.push_back(*relation);
  }
  if (options.Has("widened")) {
    if (options.Has("relation")) return InvalidArgument("--widened and --relation exclude each other");
    request.relations = {Relation::kWidened, Relation::kAdded};
  }
  const std::string& order = options.Get("order");
  if (!order.empty() && order != "asc" && order != "desc") {
    return InvalidArgument("--order is asc or desc, not \"" + order + "\"");
  }
  request.descending = order == "desc";
  return Ok();
}

}  // namespace

OptionSpecs QueryOptions() { return Join({PrincipalOptions(), kFilters}); }

Result<QueryPlan> PlanQuery(const Options& options, Nanos now) {
  QueryPlan plan;
  ENVLEDGER_ASSIGN_OR_RETURN(PrincipalArgument principal, PrincipalOf(options));
  if (!principal.filter.id.empty()) {
    plan.principal = std::move(principal);
  } else if (options.Has("issuer") || options.Has("role")) {
    return InvalidArgument("--issuer and --role need --principal");
  }
  ENVLEDGER_ASSIGN_OR_RETURN(plan.limit, options.Number("limit", 100, 0, std::numeric_limits<int64_t>::max()));
  QueryRequest& request = plan.request;
  ENVLEDGER_RETURN_IF_ERROR(SetTimes(options, now, request));
  ENVLEDGER_RETURN_IF_ERROR(SetWords(options, request));
  request.tenant = options.Get("tenant");
  request.target = options.Get("target");
  request.scope = options.Get("scope");
  request.recorder = options.Get("recorder");
  request.request_id = options.Get("request-id");
  request.trace_id = options.Get("trace-id");
  request.native_id = options.Get("native-id");
  request.node = options.Get("node");
  request.parent = options.Get("parent");
  request.delegated = options.Has("delegated");
  request.scan = options.Has("scan");
  request.cursor = options.Get("cursor");
  request.open = options.Has("open");
  request.narrowed = options.Has("narrowed");
  return plan;
}

}  // namespace envledger::cli
