// The filters of a report: those of a query (ledger/protocol/filters.h), or `envelope`, which comes first and selects
// one envelope; with it, only `at` is allowed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/protocol/filters.h"
#include "ledger/report/data.h"

namespace envledger {

inline constexpr std::string_view kEnvelopeFilter = "envelope";

struct ReportPlan {
  std::string envelope_id;  // only this envelope; empty: those that the query selects
  QueryPlan query;
};

// Reads filters in their written form. kInvalidArgument, naming the filter, as ReadFilters, and for a filter that
// `envelope` does not allow.
Result<ReportPlan> ReadReportFilters(const std::vector<KeyValue>& filters);

// The plan of a finished report: its principal is resolved to the reading that names data.principals. kInvalidArgument,
// with the reason, for filters that a report cannot have, and for principals that they do not name.
Result<ReportPlan> PlanOf(const ReportData& data);

}  // namespace envledger
