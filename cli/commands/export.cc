// `export`: writes the ledger in formats that others can read and check.
#include <algorithm>
#include <array>

#include "cli/arguments/key_argument.h"
#include "cli/arguments/ledger_source.h"
#include "cli/arguments/query_request.h"
#include "cli/arguments/selection.h"
#include "cli/commands/commands.h"
#include "cli/output/output_file.h"
#include "cli/progress.h"
#include "ledger/export/export_records.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"
#include "ledger/tiles/export_tiles.h"

namespace envledger::cli {
namespace {

void PrintTileExport(Context& context, const std::string& directory, const TileExportReport& report, bool key_given) {
  const auto fact = [&](std::string label, const std::string& text) {
    label.resize(std::max<size_t>(label.size(), 12), ' ');
    context.out << label << SafeText(text) << '\n';
  };
  const uint64_t size = report.checkpoint.size;
  const uint64_t before = report.old_size.value_or(0);
  fact("origin", report.checkpoint.origin);
  fact("entries", Grouped(size) + (report.old_size ? ", " + Grouped(size - before) + " of them new" : ""));
  fact("root", Hex(View(report.checkpoint.root)));
  fact("signed by", FormatVerifierKey(report.key) + (key_given ? ", as given" : ", as the ledger itself says"));
  fact("added", Grouped(report.files_added) + " files, " + Grouped(report.bytes_added) + " bytes; removed " +
                    Grouped(report.files_removed) + " files that are no longer needed");
  fact("checkpoint", directory + "/checkpoint");
}

// Refuses the options that are only for the record formats.
Status CheckTilesUsage(const Options& options) {
  if (options.arguments().empty()) return InvalidArgument("--format tiles needs a directory: envledger export DIR");
  OptionSpecs others = QueryOptions();
  for (const std::string_view name : {"rows", "output"}) others.push_back({name, Takes::kValue, "", ""});
  for (const OptionSpec& spec : others) {
    if (options.Has(spec.name)) {
      return InvalidArgument("--format tiles exports the whole ledger and cannot be used with --" +
                             std::string(spec.name));
    }
  }
  return Ok();
}

ExitStatus RunTiles(Context& context, const Options& options) {
  if (const Status usage = CheckTilesUsage(options); !usage.ok()) return WrongUsage(context, usage);
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  if (options.Has("sign-now") && !source->data_dir.empty()) {
    return WrongUsage(context, InvalidArgument("--sign-now cannot be used with --data-dir: only the daemon can sign"));
  }
  TileExportOptions how;
  how.sign_now = options.Has("sign-now");
  if (options.Has("vkey")) {
    auto key = ReadVerifierKey(options.Get("vkey"));
    if (!key.ok()) return NoKey(context, key.status());
    how.policy = TrustKeyOrLater(*std::move(key));
  }
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  const std::string& directory = options.arguments().front();
  auto report = [&] {
    Progress progress(context.err, context.err_is_terminal, context.ticks);
    return ExportTiles(**reader, directory, how,
                       [&](uint64_t done, uint64_t total) { progress.Update(done, total, "entries"); });
  }();
  if (!report.ok()) return Fail(context, report.status());
  PrintTileExport(context, directory, *report, how.policy.key.has_value());
  return ExitStatus::kFine;
}

// The rows of --rows. kInvalidArgument if the format does not have such rows.
Result<ExportRows> RowsOf(const Options& options, ExportForm form) {
  const std::string rows = options.Has("rows") ? options.Get("rows") : std::string(Name(ExportRows::kRecords));
  std::string known;
  for (const ExportRows one : kExportRows) {
    if (!HasRows(form, one)) continue;
    if (rows == Name(one)) return one;
    known += (known.empty() ? "" : ", ") + std::string(Name(one));
  }
  return InvalidArgument("--rows for --format " + std::string(Name(form)) + " is one of " + known + ", not \"" + rows +
                         "\"");
}

// --rows entries exports the whole log, so filters are refused.
Status CheckUnfiltered(const Options& options) {
  for (const OptionSpec& spec : QueryOptions()) {
    if (options.Has(spec.name)) {
      return InvalidArgument("--rows entries exports the whole log and cannot be used with --" +
                             std::string(spec.name));
    }
  }
  return Ok();
}

struct RecordsPlan {
  LedgerSource source;
  QueryPlan query;
  ExportRows rows = ExportRows::kRecords;
  std::string cursor_end;
};

Result<RecordsPlan> PlanRecords(Context& context, const Options& options, ExportForm form) {
  RecordsPlan plan;
  if (!options.arguments().empty()) {
    return InvalidArgument("a directory can only be given with --format tiles; --format " + std::string(Name(form)) +
                           " writes to standard output or to --output FILE");
  }
  for (const std::string_view name : {"sign-now", "vkey"}) {
    if (options.Has(name)) {
      return InvalidArgument("--" + std::string(name) + " can only be used with --format tiles");
    }
  }
  ENVLEDGER_ASSIGN_OR_RETURN(plan.source, SourceOf(context, options));
  ENVLEDGER_ASSIGN_OR_RETURN(plan.rows, RowsOf(options, form));
  if (plan.rows == ExportRows::kEntries) ENVLEDGER_RETURN_IF_ERROR(CheckUnfiltered(options));
  const Nanos now = context.now();
  ENVLEDGER_ASSIGN_OR_RETURN(plan.query, PlanSelection(options, now));
  plan.cursor_end = CursorEnd(options, now);
  return plan;
}

ExitStatus FinishRecords(Context& context, ExportForm form, const ExportedRecords& exported) {
  const Coverage& coverage = exported.coverage;
  std::string text = Grouped(exported.rows) + (exported.rows == 1 ? " row. " : " rows. ") + coverage.Sentence();
  if (!coverage.next_cursor().empty()) text += " There may be more: use --cursor " + coverage.next_cursor();
  if (!SaysCompleteness(form) || !coverage.next_cursor().empty()) Complain(context, text);
  if (coverage.complete()) return ExitStatus::kFine;
  Complain(context, "the export is incomplete: " + coverage.problem() + "; run envledger verify");
  return ExitStatus::kFailedVerification;
}

ExitStatus RunRecords(Context& context, const Options& options, ExportForm form) {
  auto plan = PlanRecords(context, options, form);
  if (!plan.ok()) return WrongUsage(context, plan.status());
  auto reader = context.open_ledger(plan->source);
  if (!reader.ok()) return Fail(context, reader.status());
  const auto principals = ResolvePrincipal(context, **reader, plan->query);
  if (!principals.ok()) return Fail(context, principals.status());
  auto output = OutputFile::Open(context.out, options.Get("output"));
  if (!output.ok()) {
    Complain(context, output.status().ToString());
    return ExitStatus::kUnavailable;
  }
  const auto sink = [&out = output->out()](std::string_view lines) {
    out << lines;
    return out.good() ? Ok() : Unavailable("cannot write the export");
  };
  const RecordExport what = {form, plan->rows, plan->query.request, plan->query.limit, plan->cursor_end};
  const bool shown_elsewhere = options.Has("output") || !context.out_is_terminal;
  auto exported = [&] {
    Progress progress(context.err, context.err_is_terminal && shown_elsewhere, context.ticks);
    return ExportRecords(**reader, what, sink, [&](uint64_t rows) { progress.Update(rows, 0, Name(plan->rows)); });
  }();
  if (!exported.ok()) return Fail(context, exported.status());
  if (const Status finished = output->Finish(); !finished.ok()) return Fail(context, finished);
  return FinishRecords(context, form, *exported);
}

constexpr std::array kRecordForms = {ExportForm::kCsv, ExportForm::kJsonl, ExportForm::kOcsf, ExportForm::kCloudEvents};

std::vector<std::string_view> FormNames() {
  std::vector<std::string_view> names = {"tiles"};
  for (const ExportForm form : kRecordForms) names.push_back(Name(form));
  return names;
}

std::vector<std::string_view> RowNames() {
  std::vector<std::string_view> names;
  for (const ExportRows rows : kExportRows) names.push_back(Name(rows));
  return names;
}

ExitStatus Run(Context& context, const Options& options) {
  const std::string name = options.Has("format") ? options.Get("format") : "tiles";
  if (name == "tiles") return RunTiles(context, options);
  for (const ExportForm form : kRecordForms) {
    if (Name(form) == name) return RunRecords(context, options, form);
  }
  std::string known;
  for (const std::string_view form : FormNames()) known += (known.empty() ? "" : ", ") + std::string(form);
  return WrongUsage(context, InvalidArgument("--format of export is one of " + known + ", not \"" + name + "\""));
}

constexpr std::string_view kText =
    R"(Writes the whole ledger, as of its latest checkpoint, to DIR: the checkpoint, every entry and the Merkle tree, in
the layout of c2sp.org/tlog-tiles. Any static file server can serve the directory, and any tool that implements the
standard can check it without the ledger; envledger verify --tiles does.

Every hash is computed again, and the export fails if the hashes do not lead to the signed root. With --vkey the
checkpoint must be signed by that key or a later key of the ledger. A second run adds only new entries, after checking
that the ledger still agrees with the export. The command may be interrupted at any time: until the new checkpoint is in
place, DIR remains the previous export.

--format csv, jsonl, ocsf and cloudevents write the records of the envelopes that match query's filters, one per line,
to standard output or --output FILE. csv has a title row and neutralises formulas for spreadsheets. jsonl is {"seq",
"recorded_at", "recorder", "leaf_hash", "revision", "transition"}, with --rows entries also {..., "event"}, and ends
with {"completeness": ...}. ocsf (API Activity events, class 6003, schema 1.2.0) and cloudevents (CloudEvents 1.0) are
for log systems. There is no limit unless --limit is given. Except in jsonl, the completeness goes to stderr.
schema/MAPPINGS.md says where every field comes from.

Exit status 1, with TRUNCATED, TAMPERED or WRONG_KEY: the ledger or the export is not what was signed. 3: there is no
checkpoint yet. 4: DIR contains another ledger. 5: the disk or the socket failed, or another export is writing to
DIR.)";

constexpr std::string_view kExample = R"(  envledger export --sign-now --vkey ledger.vkey /srv/www/ledger
  envledger verify --tiles /srv/www/ledger --vkey ledger.vkey
  envledger export --format csv --tenant search --since 30d --output search.csv
  envledger export --format ocsf --recorded-since 1h >> /var/log/siem/envledger.ocsf.jsonl
)";

}  // namespace

Command ExportCommand() {
  static const OptionSpecs kOwn = {
      {"format", Takes::kValue, "FORM",
       "tiles (the default): a C2SP tlog-tiles directory; or csv, jsonl, ocsf, cloudevents", FormNames},
      {"rows", Takes::kValue, "ROWS",
       "records (the default); with csv and jsonl also envelopes; with jsonl and cloudevents also entries, the whole "
       "log with its events",
       RowNames},
      {"output", Takes::kValue, "FILE",
       "csv, jsonl, ocsf, cloudevents: write durably to FILE instead of standard output"},
      {"vkey", Takes::kValue, "VKEY",
       "tiles: a verifier key of the ledger, present or earlier, or a file that contains it; this key or a later one "
       "must have signed the checkpoint"},
      {"sign-now", Takes::kNothing, "", "tiles: first sign a checkpoint at the present size"},
  };
  return {
      .name = "export",
      .arguments = "[DIR]",
      .summary = "export the ledger as tiles that anybody can check, or as csv, jsonl, OCSF, CloudEvents",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, QueryOptions(), SourceOptions()}),
      .min_arguments = 0,
      .max_arguments = 1,
      .run = Run,
  };
}

}  // namespace envledger::cli
