// One table defines the filters: their order, what they take and what they set. Everything that reads or writes filters
// uses it.
#include "ledger/protocol/filters.h"

#include <algorithm>
#include <limits>

#include "ledger/base/bytes.h"
#include "ledger/base/time.h"

namespace envledger {
namespace {

// What has been read so far.
struct Reading {
  QueryPlan plan;
  PrincipalName principal;
  bool widened = false;
};

using Set = Status (*)(const std::string& value, Reading& reading);

struct Filter {
  std::string_view name;
  FilterTakes takes;
  Set set;
};

template <std::string QueryRequest::*field>
Status SetText(const std::string& value, Reading& reading) {
  reading.plan.request.*field = value;
  return Ok();
}

template <bool QueryRequest::*field>
Status SetFlag(const std::string&, Reading& reading) {
  reading.plan.request.*field = true;
  return Ok();
}

template <std::optional<Nanos> QueryRequest::*field>
Status SetTime(const std::string& value, Reading& reading) {
  const auto time = ParseTime(value);
  if (!time.ok() || FormatTime(*time) != value) return InvalidArgument("not a canonical time: " + Quoted(value));
  reading.plan.request.*field = *time;
  return Ok();
}

std::vector<std::string> Words(const std::string& value) {
  std::vector<std::string> words;
  for (size_t from = 0; from <= value.size();) {
    const size_t comma = std::min(value.find(',', from), value.size());
    words.push_back(value.substr(from, comma - from));
    from = comma + 1;
  }
  return words;
}

Status SetPrincipal(const std::string& value, Reading& reading) {
  ENVLEDGER_ASSIGN_OR_RETURN(PrincipalName name, ParsePrincipalName(value));
  reading.principal.filter.kind = name.filter.kind;
  reading.principal.filter.id = std::move(name.filter.id);
  reading.principal.whole = std::move(name.whole);
  return Ok();
}

Status SetIssuer(const std::string& value, Reading& reading) {
  reading.principal.filter.issuer = value;
  return Ok();
}

Status SetRoles(const std::string& value, Reading& reading) {
  RoleMask& roles = reading.principal.filter.roles;
  for (const std::string& word : Words(value)) {
    const auto role = ParseRole(word);
    if (!role) return InvalidArgument("a role is requester, subject, delegate or decider, not " + Quoted(word));
    roles = static_cast<RoleMask>(roles | *role);
  }
  return Ok();
}

Status SetKind(const std::string& value, Reading& reading) {
  const auto kind = ParseName<ExecutionKind>(value);
  if (!kind) return InvalidArgument("no such kind of execution: " + Quoted(value));
  reading.plan.request.kind = *kind;
  return Ok();
}

Status SetStages(const std::string& value, Reading& reading) {
  for (const std::string& word : Words(value)) {
    const auto stage = ParseName<Stage>(word);
    if (!stage) return InvalidArgument("no such stage: " + Quoted(word));
    reading.plan.request.stages.push_back(*stage);
  }
  return Ok();
}

Status SetWidened(const std::string&, Reading& reading) {
  reading.widened = true;
  reading.plan.request.relations = {Relation::kWidened, Relation::kAdded};
  return Ok();
}

Status SetRelations(const std::string& value, Reading& reading) {
  if (reading.widened) return InvalidArgument("--widened and --relation exclude each other");
  for (const std::string& word : Words(value)) {
    const auto relation = ParseRelation(word);
    if (!relation) return InvalidArgument("no such relation: " + Quoted(word));
    reading.plan.request.relations.push_back(*relation);
  }
  return Ok();
}

Status SetLimit(const std::string& value, Reading& reading) {
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  const auto limit = ParseDecimal(value);
  if (!limit || *limit > kMost) {
    return InvalidArgument("expected a number from 0 to " + std::to_string(kMost) + ", not " + Quoted(value));
  }
  reading.plan.limit = *limit;
  return Ok();
}

Status SetOrder(const std::string& value, Reading& reading) {
  if (value != "asc" && value != "desc") return InvalidArgument("an order is asc or desc, not " + Quoted(value));
  reading.plan.request.descending = value == "desc";
  return Ok();
}

constexpr Filter kFilters[] = {
    {"principal", FilterTakes::kText, SetPrincipal},
    {"issuer", FilterTakes::kText, SetIssuer},
    {"role", FilterTakes::kWords, SetRoles},
    {"tenant", FilterTakes::kText, SetText<&QueryRequest::tenant>},
    {"kind", FilterTakes::kText, SetKind},
    {"target", FilterTakes::kText, SetText<&QueryRequest::target>},
    {"scope", FilterTakes::kText, SetText<&QueryRequest::scope>},
    {"stage", FilterTakes::kWords, SetStages},
    {"recorder", FilterTakes::kText, SetText<&QueryRequest::recorder>},
    {"request-id", FilterTakes::kText, SetText<&QueryRequest::request_id>},
    {"trace-id", FilterTakes::kText, SetText<&QueryRequest::trace_id>},
    {"native-id", FilterTakes::kText, SetText<&QueryRequest::native_id>},
    {"node", FilterTakes::kText, SetText<&QueryRequest::node>},
    {"parent", FilterTakes::kText, SetText<&QueryRequest::parent>},
    {"delegated", FilterTakes::kNothing, SetFlag<&QueryRequest::delegated>},
    {"since", FilterTakes::kTime, SetTime<&QueryRequest::since>},
    {"until", FilterTakes::kTime, SetTime<&QueryRequest::until>},
    {"recorded-since", FilterTakes::kTime, SetTime<&QueryRequest::recorded_since>},
    {"recorded-until", FilterTakes::kTime, SetTime<&QueryRequest::recorded_until>},
    {"open", FilterTakes::kNothing, SetFlag<&QueryRequest::open>},
    {"narrowed", FilterTakes::kNothing, SetFlag<&QueryRequest::narrowed>},
    {"widened", FilterTakes::kNothing, SetWidened},
    {"relation", FilterTakes::kWords, SetRelations},
    {"at", FilterTakes::kTime, SetTime<&QueryRequest::at>},
    {"scan", FilterTakes::kNothing, SetFlag<&QueryRequest::scan>},
    {"limit", FilterTakes::kNumber, SetLimit},
    {"order", FilterTakes::kText, SetOrder},
};

Status Read(const std::vector<KeyValue>& filters, Reading& reading) {
  const Filter* next = std::begin(kFilters);
  for (const KeyValue& filter : filters) {
    const auto named = [&filter](const Filter& one) { return one.name == filter.key; };
    const std::string name = "--" + filter.key;
    const Filter* const found = std::find_if(next, std::end(kFilters), named);
    if (found == std::end(kFilters)) {
      const bool known = std::any_of(std::begin(kFilters), next, named);
      return InvalidArgument(known ? name + " is repeated or out of order" : "no filter is named " + name);
    }
    if ((found->takes == FilterTakes::kNothing) != filter.value.empty()) {
      return InvalidArgument(name + (filter.value.empty() ? " needs a value" : " takes no value"));
    }
    if (!IsUtf8(filter.value)) return InvalidArgument(name + " is not UTF-8");
    ENVLEDGER_RETURN_IF_ERROR(found->set(filter.value, reading).Prepend(name + ": "));
    next = found + 1;
  }
  return Ok();
}

}  // namespace

const std::vector<QueryFilter>& QueryFilters() {
  static const std::vector<QueryFilter> kAll = [] {
    std::vector<QueryFilter> all;
    for (const Filter& filter : kFilters) all.push_back({filter.name, filter.takes});
    return all;
  }();
  return kAll;
}

Result<PrincipalName> ReadPrincipalFilters(const std::vector<KeyValue>& filters) {
  std::vector<KeyValue> own = filters;
  std::erase_if(own,
                [](const KeyValue& one) { return one.key != "principal" && one.key != "issuer" && one.key != "role"; });
  Reading reading;
  ENVLEDGER_RETURN_IF_ERROR(Read(own, reading));
  return std::move(reading.principal);
}

Result<QueryPlan> ReadFilters(const std::vector<KeyValue>& filters) {
  Reading reading;
  ENVLEDGER_RETURN_IF_ERROR(Read(filters, reading));
  PrincipalName& principal = reading.principal;
  if (!principal.filter.id.empty()) {
    reading.plan.principal = std::move(principal);
  } else if (principal.filter.issuer || principal.filter.roles != 0) {
    return InvalidArgument("--issuer and --role need --principal");
  }
  return std::move(reading.plan);
}

std::string FiltersText(const std::vector<KeyValue>& filters) {
  std::string text;
  for (const KeyValue& filter : filters) {
    if (!text.empty()) text += ' ';
    text += "--" + filter.key;
    if (!filter.value.empty()) text += " " + filter.value;
  }
  return text;
}

}  // namespace envledger
