#include "cli/report_filters.h"

#include <algorithm>

#include "cli/arguments/selection.h"
#include "cli/arguments/time_argument.h"
#include "ledger/evidence/link_book.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

// Which of its two readings (principal_argument.h) the ledger took the argument for shows in whom it named.
Result<PrincipalFilter> ReadingOf(const PrincipalArgument& argument, const std::vector<Principal>& named) {
  std::vector<PrincipalFilter> readings = {argument.filter};
  if (argument.whole) {
    readings.push_back(argument.filter);
    readings.back().kind = PrincipalKind::kUnspecified;
    readings.back().id = *argument.whole;
  }
  for (const PrincipalFilter& reading : readings) {
    if (std::all_of(named.begin(), named.end(), [&](const Principal& one) { return Names(reading, one); }))
      return reading;
  }
  return InvalidArgument("--principal does not name " + FullPrincipalText(named.front()));
}

}  // namespace

OptionSpecs ReportFilters() {
  OptionSpecs specs = {
      {"envelope", Takes::kValue, "ID", "one envelope instead of those that filters choose; of these only with --at"}};
  for (OptionSpec spec : QueryOptions()) {
    if (spec.name == "cursor") continue;
    if (spec.name == "limit") spec.help = "at most N envelopes (default: all)";
    specs.push_back(spec);
  }
  return specs;
}

Result<std::vector<KeyValue>> StateFilters(const Options& options, Nanos now) {
  std::vector<KeyValue> filters;
  for (const OptionSpec& spec : ReportFilters()) {
    if (!options.Has(spec.name)) continue;
    std::string value = Joined(options.All(spec.name), ",");
    if (spec.placeholder == "TIME") {
      ENVLEDGER_ASSIGN_OR_RETURN(const Nanos time, ParseTimeArgument(value, now));
      value = FormatTime(time);
    }
    filters.push_back({std::string(spec.name), std::move(value)});
  }
  return filters;
}

std::string FiltersText(const std::vector<KeyValue>& filters) {
  std::vector<std::string> parts;
  for (const KeyValue& filter : filters) {
    parts.push_back("--" + filter.key + (filter.value.empty() ? "" : " " + filter.value));
  }
  return Joined(parts, " ");
}

Result<QueryPlan> ReadFilters(const ReportData& data) {
  std::vector<std::string> words;
  for (const KeyValue& filter : data.filters) {
    words.push_back("--" + filter.key + (filter.value.empty() ? "" : "=" + filter.value));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const Options options, ParseOptions(ReportFilters(), 0, 0, words));
  // Stated again they must be the same: no span of time, nothing that was passed over in reading, in the same order.
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<KeyValue> again, StateFilters(options, 0));
  if (again != data.filters) return InvalidArgument("no report states its filters so: " + FiltersText(data.filters));
  ENVLEDGER_ASSIGN_OR_RETURN(QueryPlan plan, PlanSelection(options, 0));
  if (plan.principal) {
    ENVLEDGER_ASSIGN_OR_RETURN(plan.request.principal, ReadingOf(*plan.principal, data.principals));
  } else if (!data.principals.empty()) {
    return InvalidArgument("principals are named, and none was asked about");
  }
  return plan;
}

}  // namespace envledger::cli
