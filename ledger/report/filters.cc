#include "ledger/report/filters.h"

#include <algorithm>

#include "ledger/evidence/link_book.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

// A name has two readings (principal_name.h). The principals that the ledger found show which one it used.
Result<PrincipalFilter> ReadingOf(const PrincipalName& name, const std::vector<Principal>& named) {
  for (PrincipalFilter& reading : name.Readings()) {
    if (std::all_of(named.begin(), named.end(), [&](const Principal& one) { return Names(reading, one); }))
      return std::move(reading);
  }
  return InvalidArgument("--principal does not name " + FullPrincipalText(named.front()));
}

}  // namespace

Result<ReportPlan> ReadReportFilters(const std::vector<KeyValue>& filters) {
  ReportPlan plan;
  std::vector<KeyValue> of_query = filters;
  if (!filters.empty() && filters.front().key == kEnvelopeFilter) {
    plan.envelope_id = filters.front().value;
    if (plan.envelope_id.empty()) return InvalidArgument("--envelope needs a value");
    if (!IsUtf8(plan.envelope_id)) return InvalidArgument("--envelope is not UTF-8");
    of_query.erase(of_query.begin());
    for (const KeyValue& filter : of_query) {
      if (filter.key != "at")
        return InvalidArgument("--envelope names a single envelope and cannot be used with --" + filter.key);
    }
  }
  ENVLEDGER_ASSIGN_OR_RETURN(plan.query, ReadFilters(of_query));
  return plan;
}

Result<ReportPlan> PlanOf(const ReportData& data) {
  ENVLEDGER_ASSIGN_OR_RETURN(ReportPlan plan, ReadReportFilters(data.filters));
  if (plan.query.principal) {
    ENVLEDGER_ASSIGN_OR_RETURN(plan.query.request.principal, ReadingOf(*plan.query.principal, data.principals));
  } else if (!data.principals.empty()) {
    return InvalidArgument("principals are listed, but there is no filter for a principal");
  }
  return plan;
}

}  // namespace envledger
