// The filters of a report: those of a query (ledger/protocol/filters.h), or `envelope`, which stands before them and is
// one envelope whatever else it is; of the others only `at` may stand beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/protocol/filters.h"
#include "ledger/report/data.h"

namespace envledger {

inline constexpr std::string_view kEnvelopeFilter = "envelope";

struct ReportPlan {
  std::string envelope_id;  // this one only; empty: those of the query
  QueryPlan query;
};

// Reads filters as they are written down. kInvalidArgument, naming the filter, as ReadFilters; and for a filter beside
// `envelope` that may not stand there.
Result<ReportPlan> ReadReportFilters(const std::vector<KeyValue>& filters);

// The plan of a report that was made: its principal is resolved to the reading that names data.principals.
// kInvalidArgument, saying what, for filters that no report states, and for principals that they do not name.
Result<ReportPlan> PlanOf(const ReportData& data);

}  // namespace envledger
