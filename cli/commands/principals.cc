// `principals`: lists all principals of the ledger, in any role.
#include <limits>

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/principal_argument.h"
#include "cli/commands/commands.h"
#include "cli/output/listing.h"
#include "cli/output/output_style.h"
#include "cli/progress.h"
#include "ledger/codec/json.h"
#include "ledger/evidence/pages.h"
#include "ledger/export/envelope_json.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

ListingShape Shape() {
  return {
      .rows_name = "principals",
      .csv_titles = {"kind", "issuer", "id", "envelopes", "requester", "subject", "delegate", "decider", "first_seen",
                     "last_seen"},
      .columns = {{.title = "PRINCIPAL", .least = 20, .whole = true},
                  {.title = "ISSUER", .least = 12, .whole = true},
                  {.title = "ENVELOPES", .least = 9, .right = true},
                  {.title = "REQUESTER", .least = 9, .right = true, .fold = 1},
                  {.title = "SUBJECT", .least = 7, .right = true, .fold = 1},
                  {.title = "DELEGATE", .least = 8, .right = true, .fold = 1},
                  {.title = "DECIDER", .least = 7, .right = true, .fold = 1},
                  {.title = "FIRST SEEN (UTC)", .least = 19, .fold = 2},
                  {.title = "LAST SEEN (UTC)", .least = 19, .fold = 2}},
  };
}

Cells RowCells(const PrincipalSummary& summary) {
  Cells cells = {{SafeText(PrincipalText(summary.principal))},
                 {SafeText(summary.principal.issuer), Color::kDim},
                 {Grouped(summary.envelopes)}};
  for (const uint64_t count : summary.by_role) {
    cells.push_back({count == 0 ? "-" : Grouped(count), count == 0 ? Color::kDim : Color::kPlain});
  }
  cells.push_back({ShortTime(summary.first_seen)});
  cells.push_back({ShortTime(summary.last_seen)});
  return cells;
}

std::vector<std::string> RowFields(const PrincipalSummary& summary) {
  std::vector<std::string> fields = {std::string(Name(summary.principal.kind)), summary.principal.issuer,
                                     summary.principal.id, std::to_string(summary.envelopes)};
  for (const uint64_t count : summary.by_role) fields.push_back(std::to_string(count));
  fields.push_back(FormatTime(summary.first_seen));
  fields.push_back(FormatTime(summary.last_seen));
  return fields;
}

std::string RowJson(const PrincipalSummary& summary) {
  JsonObject json;
  json.Raw("principal", PrincipalJson(summary.principal))
      .Raw("roles", RoleCountsJson(summary.by_role))
      .Number("envelopes", summary.envelopes)
      .Text("first_seen", FormatTime(summary.first_seen))
      .Text("last_seen", FormatTime(summary.last_seen));
  return json.str();
}

ExitStatus Run(Context& context, const Options& options) {
  auto style = StyleOf(context, options);
  if (!style.ok()) return WrongUsage(context, style.status());
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  auto name = PrincipalOf(options);
  if (!name.ok()) return WrongUsage(context, name.status());
  auto limit = options.Number("limit", 0, 0, std::numeric_limits<int64_t>::max());
  if (!limit.ok()) return WrongUsage(context, limit.status());
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  PrincipalFilter filter = name->filter;
  if (!filter.id.empty()) {
    auto resolved = Resolve(**reader, *name);
    if (!resolved.ok()) return Fail(context, resolved.status());
    filter = resolved->filter;
  }

  Listing listing(context, *style, Shape());
  Progress progress(context.err, context.err_is_terminal && !context.out_is_terminal, context.ticks);
  const auto visit = [&](const PrincipalSummary& summary) {
    if (listing.format() == Format::kTable) {
      listing.AddCells(RowCells(summary));
    } else if (listing.format() == Format::kCsv) {
      listing.AddCsv(RowFields(summary));
    } else {
      listing.AddJson(RowJson(summary));
    }
    progress.Update(listing.rows(), 0, "principals");
  };
  auto coverage =
      ForEachPrincipal(**reader, {.filter = filter, .limit = 0, .cursor = options.Get("cursor")}, *limit, visit);
  if (!coverage.ok()) return Fail(context, coverage.status());
  return listing.Finish(*coverage, Grouped(listing.rows()) + (listing.rows() == 1 ? " principal" : " principals"));
}

constexpr std::string_view kText =
    R"(Lists the principals of the ledger, each with the number of its envelopes, in total and in each role, and the
least and greatest occurred_at of the records that newly involve it. A principal is its kind, issuer and id together:
the same id with two issuers is two principals.

jsonl prints one principal per line, {"principal", "roles", "envelopes", "first_seen", "last_seen"}, and
{"completeness": ...} last. roles has only counts above zero.)";

constexpr std::string_view kExample = R"(  envledger principals --role decider
  envledger principals --principal alice --format jsonl
)";

}  // namespace

Command PrincipalsCommand() {
  static const OptionSpecs kOwn = {
      {"limit", Takes::kValue, "N", "at most N principals (default 0: all)"},
      {"cursor", Takes::kValue, "CURSOR", "continue after a previous answer (its next_cursor), with the same filters"},
  };
  return {
      .name = "principals",
      .arguments = "",
      .summary = "list all principals with their roles, counts, and first and last records",
      .text = kText,
      .example = kExample,
      .options = Join({PrincipalOptions(), kOwn, SourceOptions(), OutputOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
