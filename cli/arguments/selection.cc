#include "cli/arguments/selection.h"

#include "cli/arguments/principal_argument.h"

namespace envledger::cli {

Result<QueryPlan> PlanSelection(const Options& options, Nanos now) {
  ENVLEDGER_ASSIGN_OR_RETURN(QueryPlan plan, PlanQuery(options, now));
  if (!options.Has("limit")) plan.limit = 0;
  return plan;
}

Result<std::vector<Principal>> ResolvePrincipal(Context& context, LedgerReader& reader, QueryPlan& plan) {
  std::vector<Principal> principals;
  if (!plan.principal) return principals;
  ENVLEDGER_ASSIGN_OR_RETURN(const ResolvedPrincipal resolved, Resolve(reader, *plan.principal));
  plan.request.principal = resolved.filter;
  for (const PrincipalSummary& candidate : resolved.candidates) principals.push_back(candidate.principal);
  if (const std::string note = NoteOn(principals); !note.empty()) Complain(context, note);
  return principals;
}

}  // namespace envledger::cli
