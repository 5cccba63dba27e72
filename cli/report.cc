// `report`: an answer that can be taken away, as one HTML file that holds the evidence for what it says.
#include <algorithm>

#include "cli/commands.h"
#include "cli/key_argument.h"
#include "cli/ledger_source.h"
#include "cli/progress.h"
#include "cli/report_gather.h"
#include "cli/report_page.h"
#include "cli/selection.h"
#include "cli/words.h"
#include "ledger/base/file.h"

namespace envledger::cli {
namespace {

// Of query's options those that a report states and can be checked against; cursors are for pages.
constexpr std::string_view kFilters[] = {"principal",      "issuer",    "role",     "tenant",   "kind",
                                         "target",         "scope",     "stage",    "recorder", "request-id",
                                         "trace-id",       "native-id", "since",    "until",    "recorded-since",
                                         "recorded-until", "open",      "narrowed", "limit",    "order"};

OptionSpecs FilterOptions() {
  OptionSpecs specs;
  for (const OptionSpec& spec : QueryOptions()) {
    if (std::find(std::begin(kFilters), std::end(kFilters), spec.name) == std::end(kFilters)) continue;
    specs.push_back(spec);
    if (spec.name == "limit") specs.back().help = "at most N envelopes (default: all)";
  }
  return specs;
}

// What was asked, in the words of the command line, with times made absolute.
std::vector<KeyValue> FiltersOf(const Options& options, const QueryRequest& request) {
  std::vector<KeyValue> filters;
  if (options.Has("envelope")) filters.push_back({"envelope", options.Get("envelope")});
  for (const std::string_view name : kFilters) {
    if (!options.Has(name)) continue;
    std::string value = Joined(options.All(name), ",");
    const std::pair<std::string_view, std::optional<Nanos>> times[] = {{"since", request.since},
                                                                       {"until", request.until},
                                                                       {"recorded-since", request.recorded_since},
                                                                       {"recorded-until", request.recorded_until}};
    for (const auto& [of, time] : times) {
      if (of == name && time) value = FormatTime(*time);
    }
    filters.push_back({std::string(name), std::move(value)});
  }
  return filters;
}

Status CheckUsage(const Options& options) {
  if (!options.Has("output")) return InvalidArgument("--output FILE says where the report goes");
  if (!options.Has("envelope")) return Ok();
  for (const std::string_view name : kFilters) {
    if (options.Has(name)) return InvalidArgument("--envelope is one envelope: not with --" + std::string(name));
  }
  return Ok();
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

Result<ReportData> Gather(Context& context, LedgerReader& reader, const Options& options, ReportRequest& request) {
  ReportData data;
  data.tool_version = ENVLEDGER_VERSION;
  data.generated_at = context.now();
  data.filters = FiltersOf(options, request.plan.request);
  ENVLEDGER_ASSIGN_OR_RETURN(data.principals, ResolvePrincipal(context, reader, request.plan));
  Progress progress(context.err, context.err_is_terminal, context.ticks);
  ENVLEDGER_RETURN_IF_ERROR(GatherReport(
      reader, request, [&](uint64_t envelopes) { progress.Update(envelopes, 0, "envelopes"); }, data));
  return data;
}

ExitStatus Run(Context& context, const Options& options) {
  if (const Status usage = CheckUsage(options); !usage.ok()) return WrongUsage(context, usage);
  auto source = SourceOf(context, options);
  if (!source.ok()) return WrongUsage(context, source.status());
  auto plan = PlanSelection(options, context.now());
  if (!plan.ok()) return WrongUsage(context, plan.status());
  ReportRequest request{.envelope_id = options.Get("envelope"),
                        .plan = *std::move(plan),
                        .key = std::nullopt,
                        .can_sign = source->data_dir.empty()};
  if (options.Has("vkey")) {
    auto key = ReadVerifierKey(options.Get("vkey"));
    if (!key.ok()) {
      Complain(context, key.status().ToString());
      return ExitStatus::kUnavailable;
    }
    request.key = *std::move(key);
  }
  auto reader = context.open_ledger(*source);
  if (!reader.ok()) return Fail(context, reader.status());
  auto data = Gather(context, **reader, options, request);
  if (!data.ok()) return Fail(context, data.status());
  auto stories = StoriesOf(*data);
  if (!stories.ok()) return Fail(context, stories.status());
  auto page = ReportPage(*data, *stories);
  if (!page.ok()) return Fail(context, page.status());
  return Deliver(context, options.Get("output"), *data, *page);
}

}  // namespace

Command ReportCommand() {
  static const OptionSpecs kOwn = {
      {"output", Takes::kValue, "FILE", "where the HTML file goes, durably"},
      {"envelope", Takes::kValue, "ID", "one envelope instead of those that filters choose"},
      {"vkey", Takes::kValue, "VKEY", "the key that the checkpoint must be signed by, or a file that holds it"},
  };
  return {
      .name = "report",
      .arguments = "--output FILE",
      .summary = "one HTML file that shows who asked for what, and holds the evidence",
      .text =
          "Writes one HTML file about a principal, a tenant, an envelope, a period, or whatever query's filters "
          "choose: "
          "summary, timeline, requested against granted against used, decisions, findings, every envelope with its "
          "records, and how complete the answer is. It loads nothing from anywhere, reads without scripts, and "
          "prints.\n"
          "\n"
          "The file embeds the sealed bytes of every entry it is about, one signed checkpoint, and the proof that all "
          "of "
          "them are in its tree. envledger report verify checks all that without the ledger. Where the latest "
          "checkpoint ends before the newest entry, the daemon is asked to sign one now; from a directory that is an "
          "error. The report is put together in memory, about five times the bytes of its entries.\n"
          "\n"
          "Findings are those of each envelope by itself; for the ledger's own, see findings. Exit status 1: the "
          "answer "
          "has a hole (the file is written and says so), or what the ledger gave does not hold (it is not).",
      .example =
          "  envledger report --principal alice --since 30d --output alice.html\n"
          "  envledger report verify alice.html --vkey ledger.vkey\n",
      .options = Join({kOwn, FilterOptions(), SourceOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
