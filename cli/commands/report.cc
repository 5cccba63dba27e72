// `report`: writes an answer as one HTML file that contains the evidence for it.
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
                        "report this envelope; of the other filters, only --at can be used with it"}};
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
  if (data.more) Complain(context, "there are more matching envelopes than --limit allows");
  if (data.complete) return ExitStatus::kFine;
  Complain(context, "the answer is incomplete: " + data.problem + "; run envledger verify");
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
  if (!options.Has("output")) return WrongUsage(context, InvalidArgument("--output FILE is missing"));
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
    R"(Writes one HTML file about a principal, a tenant, an envelope, a period, or any other selection by query's
filters: a summary, a timeline, requested, granted and used amounts, decisions, findings, every envelope with its
records, and the completeness of the answer. The file loads no other resource. It can be read without scripts; with
scripts it can be searched and sorted. 10,000 envelopes take 30 to 70 MB, which a browser shows within seconds.

The file contains the sealed bytes of all its entries, one signed checkpoint, and the proof that all entries are in the
checkpoint's tree. envledger report verify checks all of this, including the filters, without the ledger. If the latest
checkpoint does not cover the newest entry, the daemon signs a new one; with --data-dir this is an error. The report is
built in memory, which takes four to six times the size of the file. It may contain at most 64 MiB of entries; a larger
report is refused and needs narrower filters.

With --at the page shows the state as of that moment: it leaves out everything that occurred later, and deadlines and
the time for which resources are held end there. The evidence includes the later records, to show that they are later.

If the page is printed on paper, envelopes include their records if there are at most 50 envelopes, and at most about
300 envelopes are printed: those that match the search, or the first ones. The page says so.

Findings are those about single envelopes; for findings about the ledger, see findings. Exit status 1: the answer is
incomplete (the file is written and says so), or the ledger's answer does not hold (nothing is written).)";

constexpr std::string_view kExample = R"(  envledger report --principal alice --since 30d --output alice.html
  envledger report --open --at 2026-03-17T14:05:00Z --output open-then.html
  envledger report verify alice.html --vkey ledger.vkey
)";

}  // namespace

Command ReportCommand() {
  static const OptionSpecs kOwn = {
      {"output", Takes::kValue, "FILE", "the HTML file to write, durably"},
      {"vkey", Takes::kValue, "VKEY", "the key that must have signed the checkpoint, or a file that contains it"},
  };
  return {
      .name = "report",
      .arguments = "--output FILE",
      .summary = "write one HTML file that shows who asked for what, with the evidence",
      .text = kText,
      .example = kExample,
      .options = Join({kOwn, Filters(), SourceOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
