#include "cli/filtered.h"

#include <algorithm>

#include "cli/ledger_source.h"

namespace envledger::cli {
namespace {

OptionSpecs WithoutPaging(OptionSpecs specs) {
  std::erase_if(specs, [](const OptionSpec& spec) {
    return spec.name == "limit" || spec.name == "cursor" || spec.name == "order";
  });
  return specs;
}

Status ResolvePrincipal(Context& context, Filtered& filtered) {
  QueryPlan& plan = filtered.plan;
  if (!plan.principal) return Ok();
  ENVLEDGER_ASSIGN_OR_RETURN(ResolvedPrincipal resolved, Resolve(*filtered.reader, *plan.principal));
  plan.request.principal = resolved.filter;
  for (const PrincipalSummary& candidate : resolved.candidates) filtered.names.Learn(candidate.principal);
  if (const std::string note = NoteOn(resolved); !note.empty()) Complain(context, note);
  return Ok();
}

}  // namespace

OptionSpecs FilteredOptions() { return Join({WithoutPaging(QueryOptions()), SourceOptions(), OutputOptions()}); }

std::optional<Filtered> OpenFiltered(Context& context, const Options& options, ExitStatus& why) {
  const auto wrong = [&](const Status& status) {
    why = WrongUsage(context, status);
    return std::nullopt;
  };
  auto style = StyleOf(context, options);
  if (!style.ok()) return wrong(style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return wrong(source.status());
  auto plan = PlanQuery(options, context.now());
  if (!plan.ok()) return wrong(plan.status());
  plan->limit = 0;
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) {
    why = Fail(context, reader.status());
    return std::nullopt;
  }
  Filtered filtered{*style, *std::move(plan), *std::move(reader), {}};
  if (const Status status = ResolvePrincipal(context, filtered); !status.ok()) {
    why = Fail(context, status);
    return std::nullopt;
  }
  return filtered;
}

}  // namespace envledger::cli
