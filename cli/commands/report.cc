// `report`: an answer that can be taken away, as one HTML file that holds the evidence for what it says.
#include "cli/arguments/key_argument.h"
#include "cli/arguments/ledger_source.h"
#include "cli/arguments/principal_argument.h"
#include "cli/arguments/query_request.h"
#include "cli/commands/commands.h"
#include "cli/progress.h"
#include "ledger/files/file.h"
#include "ledger/report/filters.h"
#include "ledger/report/gather.h"
#include "ledger/report/page.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

// --envelope, and the filters of query.
OptionSpecs Filters() {
  OptionSpecs specs = {{kEnvelopeFilter, Takes::kValue, "ID",
                        "one envelope instead of those that filters choose; of these only with --at"}};
  for (OptionSpec spec : QueryOptions()) {
    if (spec.name == "cursor") continue;
    if (spec.name == "limit") spec.help = "at most N envelopes (default: all)";
    specs.push_back(spec);
  }
  return specs;
}

Result<std::vector<KeyValue>> StateReportFilters(const Options& options, Nanos now) {
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<KeyValue> filters, StateFilters(options, now));
  if (options.Has(kEnvelopeFilter)) {
    filters.insert(filters.begin(), {std::string(kEnvelopeFilter), options.Get(kEnvelopeFilter)});
  }
  return filters;
}

ExitStatus Deliver(Context& context, const std::string& path, const ReportData& data, const std::string& page) {
  if (const Status written = WriteFileDurably(path, page, 0644); !written.ok()) {
    Complain(context, written.ToString());
    return ExitStatus::kUnavailable;
  }
  Complain(context, Grouped(data.envelopes.size()) + (data.envelopes.size() == 1 ? " envelope, " : " envelopes, ") +
                        Grouped(data.entries.size()) + " entries, " + Grouped(page.size()) + " bytes in " + path +
                        "; check it with envledger report verify");
  if (data.more) Complain(context, "there are more envelopes than --limit");
  if (data.complete) return ExitStatus::kFine;
  Complain(context, "the answer has a hole: " + data.problem + "; run envledger verify");
  return ExitStatus::kFailedVerification;
}

Result<std::string> Make(Context& context, LedgerReader& reader, const ReportRequest& request, ReportData& data) {
  Progress progress(context.err, context.err_is_terminal, context.ticks);
  ENVLEDGER_ASSIGN_OR_RETURN(
      data, GatherReport(reader, request, [&](uint64_t envelopes) { progress.Update(envelopes, 0, "envelopes"); }));
  ENVLEDGER_ASSIGN_OR_RETURN(const std::vector<Story> stories, StoriesOf(data));
  return ReportPage(data, stories);
}

ExitStatus Run(Context& context, const Options& options) {
  if (!options.Has("output")) return WrongUsage(context, InvalidArgument("--output FILE says where the report goes"));
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  ReportRequest request{
      .filters = {}, .policy = TrustTheLedgerItself(), .can_sign = source->data_dir.empty(), .now = context.now()};
  auto filters = StateReportFilters(options, request.now);
  if (!filters.ok()) return WrongUsage(context, filters.status());
  request.filters = *std::move(filters);
  const auto plan = ReadReportFilters(request.filters);
  if (!plan.ok()) return WrongUsage(context, plan.status());
  if (options.Has("vkey")) {
    auto key = ReadVerifierKey(options.Get("vkey"));
    if (!key.ok()) return NoKey(context, key.status());
    request.policy = TrustKey(*std::move(key));
  }
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  ReportData data;
  const auto page = Make(context, **reader, request, data);
  if (!page.ok()) return Fail(context, page.status());
  const std::string note = plan->query.principal ? NoteOn(data.principals) : "";
  if (!note.empty()) Complain(context, note);
  return Deliver(context, options.Get("output"), data, *page);
}

constexpr std::string_view kText =
    R"(Writes one HTML file about a principal, a tenant, an envelope, a period, or whatever query's filters choose:
summary, timeline, requested against granted against used, decisions, findings, every envelope with its records, and how
complete the answer is. It loads nothing from anywhere, and reads without scripts; with them it searches and sorts.
10,000 envelopes are 30 to 70 MB, which a browser shows within seconds.

The file embeds the sealed bytes of every entry it is about, one signed checkpoint, and the proof that all of them are
in its tree. envledger report verify checks all that without the ledger, filters included. Where the latest checkpoint
ends before the newest entry, the daemon is asked to sign one now; from a directory that is an error. The report is put
together in memory, which takes four to six times the size of the file. It embeds at most 64 MiB of entries; what would
be more is refused, and needs narrower filters.

With --at everything is told as of that moment: what occurred later is left out of the page, and deadlines and the time
that resources are held end there. The evidence has the later records too, to show that they are later.

On paper, envelopes are printed with their records where there are no more than 50 of them, and no more than about 300
envelopes are printed at all: those that a search has left, or the first ones. The page says so.

Findings are those of each envelope by itself; for the ledger's own, see findings. Exit status 1: the answer has a hole
(the file is written and says so), or what the ledger gave does not hold (nothing is written).)";

constexpr std::string_view kExample = R"(  envledger report --principal alice --since 30d --output alice.html
  envledger report --open --at 2026-03-17T14:05:00Z --output open-then.html
  envledger report verify alice.html --vkey ledger.vkey
)";

}  // namespace

Command ReportCommand() {
  static const OptionSpecs kOwn = {
      {"output", Takes::kValue, "FILE", "where the HTML file goes, durably"},
      {"vkey", Takes::kValue, "VKEY", "the key that the checkpoint must be signed by, or a file that holds it"},
  };
  return {
      .name = "report",
      .arguments = "--output FILE",
      .summary = "one HTML file that shows who asked for what, and holds the evidence",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, Filters(), SourceOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
