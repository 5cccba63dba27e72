// The filters of a report: those of `query`, in words that still mean the same when the report is checked.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments/options.h"
#include "cli/arguments/query_request.h"
#include "cli/report_data.h"

namespace envledger::cli {

// --envelope, and query's options but the one that goes on with an answer's next page.
OptionSpecs ReportFilters();

// What was asked, by names of options, in their order; times absolute. kInvalidArgument for a time that is none.
Result<std::vector<KeyValue>> StateFilters(const Options& options, Nanos now);

// "--tenant search --open", as on a command line.
std::string FiltersText(const std::vector<KeyValue>& filters);

// The plan that a report's filters state, its principal resolved to the reading that names data.principals.
// kInvalidArgument, saying what, for filters that StateFilters would not have written.
Result<QueryPlan> ReadFilters(const ReportData& data);

}  // namespace envledger::cli
