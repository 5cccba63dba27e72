#include "cli/selection.h"

namespace envledger::cli {

Result<QueryPlan> PlanSelection(const Options& options, Nanos now) {
  ENVLEDGER_ASSIGN_OR_RETURN(QueryPlan plan, PlanQuery(options, now));
  if (!options.Has("limit")) plan.limit = 0;
  return plan;
}

Status ResolvePrincipal(Context& context, LedgerReader& reader, QueryPlan& plan) {
  if (!plan.principal) return Ok();
  ENVLEDGER_ASSIGN_OR_RETURN(const ResolvedPrincipal resolved, Resolve(reader, *plan.principal));
  plan.request.principal = resolved.filter;
  if (const std::string note = NoteOn(resolved); !note.empty()) Complain(context, note);
  return Ok();
}

}  // namespace envledger::cli
