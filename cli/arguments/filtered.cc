#include "cli/arguments/filtered.h"

#include <algorithm>

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/selection.h"

namespace envledger::cli {
namespace {

OptionSpecs WithoutPaging(OptionSpecs specs) {
  std::erase_if(specs, [](const OptionSpec& spec) {
    return spec.name == "limit" || spec.name == "cursor" || spec.name == "order";
  });
  return specs;
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
  plan->limit = 0;  // a command's own --limit has another meaning
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) {
    why = Fail(context, reader.status());
    return std::nullopt;
  }
  Filtered filtered{*style, *std::move(plan), *std::move(reader), {}};
  auto principals = ResolvePrincipal(context, *filtered.reader, filtered.plan);
  if (!principals.ok()) {
    why = Fail(context, principals.status());
    return std::nullopt;
  }
  for (const Principal& principal : *principals) filtered.names.Learn(principal);
  return filtered;
}

}  // namespace envledger::cli
