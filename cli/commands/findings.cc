// `findings`: reports what an auditor should look at, from the sealed records of every envelope that passes the
// filters.
//
// Findings about one envelope are printed as its records are read. Whether a producer is new depends on the whole
// ledger: for each producer in the answer, the command asks for the producer's first record in the ledger. The producer
// is new if that record is among the envelopes of the answer.
#include "ledger/analysis/findings.h"

#include <limits>
#include <map>
#include <set>

#include "cli/arguments/filtered.h"
#include "cli/arguments/ledger_source.h"
#include "cli/arguments/time_argument.h"
#include "cli/commands/commands.h"
#include "cli/output/listing.h"
#include "cli/progress.h"
#include "ledger/base/message.h"
#include "ledger/codec/json.h"
#include "ledger/evidence/pages.h"
#include "ledger/export/envelope_json.h"
#include "ledger/text/safe_text.h"

namespace envledger::cli {
namespace {

ListingShape Shape() {
  return {
      .rows_name = "findings",
      .csv_titles = {"finding", "severity", "envelope_id", "principal_kind", "principal_issuer", "principal_id", "seqs",
                     "when", "text"},
      .columns = {{.title = "WHEN (UTC)", .least = 19},
                  {.title = "SEVERITY", .least = 8},
                  {.title = "FINDING", .least = 26},
                  {.title = "WHO", .least = 14},
                  {.title = "ENVELOPE", .least = 36, .fold = 1, .whole = true},
                  {.title = "ENTRIES", .least = 12, .fold = 1},
                  {.title = "WHAT", .least = 50, .fold = 2, .whole = true}},
  };
}

std::string SeqsText(const Finding& finding, std::string_view separator) {
  std::vector<std::string> seqs;
  for (const uint64_t seq : finding.seqs) seqs.push_back(std::to_string(seq));
  return Joined(seqs, separator);
}

Color ColorOf(Severity severity) {
  if (severity == Severity::kAlert) return Color::kRed;
  return severity == Severity::kWarning ? Color::kYellow : Color::kPlain;
}

Cells RowCells(const Finding& finding, const NameBook& names) {
  return {{ShortTime(finding.when)},
          {std::string(Name(finding.severity)), ColorOf(finding.severity)},
          {std::string(Name(finding.kind))},
          {finding.who ? SafeText(names.Name(*finding.who)) : "-"},
          {finding.envelope_id.empty() ? "-" : SafeText(finding.envelope_id), Color::kDim},
          {SeqsText(finding, ", "), Color::kDim},
          {SafeText(finding.text)}};
}

std::vector<std::string> RowFields(const Finding& finding) {
  const Principal who = finding.who.value_or(Principal{});
  return {std::string(Name(finding.kind)),
          std::string(Name(finding.severity)),
          finding.envelope_id,
          finding.who ? std::string(Name(who.kind)) : "",
          who.issuer,
          who.id,
          SeqsText(finding, "; "),
          FormatTime(finding.when),
          finding.text};
}

std::string RowJson(const Finding& finding) {
  JsonObject json;
  json.Text("finding", Name(finding.kind))
      .Text("severity", Name(finding.severity))
      .TextOrNull("envelope_id", finding.envelope_id)
      .Raw("principal", finding.who ? PrincipalJson(*finding.who) : "null")
      .Raw("seqs", "[" + SeqsText(finding, ",") + "]")
      .Text("when", FormatTime(finding.when))
      .Text("text", finding.text);
  return json.str();
}

struct FindingsPlan {
  FindingOptions options;
  std::set<FindingKind> kinds;  // empty: all
  Severity least = Severity::kNotice;
  uint64_t limit = 0;  // 0: all
  bool Wants(FindingKind kind) const { return kinds.empty() || kinds.contains(kind); }
  bool Wants(const Finding& finding) const { return Wants(finding.kind) && finding.severity >= least; }
};

Result<FindingsPlan> PlanFindings(const Options& options, Nanos now) {
  FindingsPlan plan;
  plan.options.now = now;
  for (const std::string& word : options.Split("finding")) {
    const auto kind = ParseFindingKind(word);
    if (!kind) return InvalidArgument("--finding: unknown finding \"" + word + "\"; see envledger findings --help");
    plan.kinds.insert(*kind);
  }
  if (options.Has("severity")) {
    const auto severity = ParseSeverity(options.Get("severity"));
    if (!severity)
      return InvalidArgument("--severity is notice, warning or alert, not \"" + options.Get("severity") + "\"");
    plan.least = *severity;
  }
  if (options.Has("max-skew")) {
    auto span = ParseSpanArgument(options.Get("max-skew"));
    if (!span.ok()) return std::move(span).status().Prepend("--max-skew: ");
    plan.options.max_skew = *span;
  }
  ENVLEDGER_ASSIGN_OR_RETURN(plan.limit, options.Number("limit", 0, 0, std::numeric_limits<int64_t>::max()));
  return plan;
}

class Printer {
 public:
  Printer(Listing& listing, const NameBook& names, const FindingsPlan& plan)
      : listing_(listing), names_(names), plan_(plan) {}

  void Print(Finding finding) {
    if (!plan_.Wants(finding)) return;
    ++found_;
    ++counts_[{finding.severity, finding.kind}];
    if (plan_.limit != 0 && found_ > plan_.limit) return;
    if (listing_.format() == Format::kTable) {
      const size_t bytes = sizeof finding + finding.text.size() + finding.seqs.size() * sizeof(uint64_t);
      listing_.AddCells([finding = std::move(finding), &names = names_] { return RowCells(finding, names); }, bytes);
    } else if (listing_.format() == Format::kCsv) {
      listing_.AddCsv(RowFields(finding));
    } else {
      listing_.AddJson(RowJson(finding));
    }
  }
  uint64_t found() const { return found_; }

  // "3 findings (alert: self_approval 1; notice: new_recorder 2)".
  std::string Count() const {
    std::string text;
    std::optional<Severity> severity;
    for (const auto& [of, count] : counts_) {
      if (severity != of.first) text += (text.empty() ? "" : "; ") + std::string(Name(of.first)) + ":";
      text += (severity == of.first ? ", " : " ") + std::string(Name(of.second)) + " " + Grouped(count);
      severity = of.first;
    }
    return Grouped(found_) + (found_ == 1 ? " finding" : " findings") + (text.empty() ? "" : " (" + text + ")");
  }

 private:
  Listing& listing_;
  const NameBook& names_;
  const FindingsPlan& plan_;
  uint64_t found_ = 0;
  struct GraverFirst {
    bool operator()(const std::pair<Severity, FindingKind>& a, const std::pair<Severity, FindingKind>& b) const {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    }
  };
  std::map<std::pair<Severity, FindingKind>, uint64_t, GraverFirst> counts_;
};

// The first record of a producer in the whole ledger. Nothing if the ledger finds none; the index is then incomplete,
// which verify reports.
Result<std::optional<Record>> FirstRecordOf(LedgerReader& reader, const std::string& producer) {
  QueryRequest request;
  request.recorder = producer;
  std::optional<Record> first;
  const auto visit = [&](EnvelopeStory& story) {
    return story.ForEachRecord([&](const Record& record, const std::string&) {
      if (record.recorder.producer == producer && (!first || record.seq < first->seq)) first = record;
      return Ok();
    });
  };
  ENVLEDGER_RETURN_IF_ERROR(ForEachEnvelope(reader, request, 1, visit).status());
  return first;
}

Status PrintRecorders(LedgerReader& reader, const LedgerFindings& seen, Printer& printer) {
  for (const auto& [producer, first_here] : seen.recorders()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::optional<Record> first, FirstRecordOf(reader, producer));
    if (first && first->seq >= first_here.seq) printer.Print(LedgerFindings::NewRecorder(first_here));
  }
  return Ok();
}

bool Within(const QueryRequest& filter, Nanos when) {
  return when >= filter.since.value_or(0) && when >= filter.recorded_since.value_or(0) &&
         (!filter.until || when < *filter.until) && (!filter.at || when <= *filter.at) &&
         (!filter.recorded_until || when < *filter.recorded_until);
}

Status PrintClockSteps(LedgerReader& reader, const QueryRequest& filter, Printer& printer) {
  EventsRequest request{.name = "clock_stepped", .from_seq = 0, .limit = 0};
  while (true) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EventsResponse page, reader.Events(request));
    if (page.entries.empty()) break;
    for (const std::string& entry : page.entries) {
      ENVLEDGER_ASSIGN_OR_RETURN(std::optional<Finding> finding, LedgerFindings::ClockStep(entry));
      ENVLEDGER_ASSIGN_OR_RETURN(const EntryView view, CheckEntry(entry));
      if (view.header.seq < request.from_seq) return Corruption("the ledger's events come out of order");
      request.from_seq = view.header.seq + 1;
      if (finding && Within(filter, finding->when)) printer.Print(*std::move(finding));
    }
  }
  return Ok();
}

ExitStatus Run(Context& context, const Options& options) {
  auto plan = PlanFindings(options, context.now());
  if (!plan.ok()) return WrongUsage(context, plan.status());
  ExitStatus why = ExitStatus::kFine;
  auto filtered = OpenFiltered(context, options, why);
  if (!filtered) return why;
  if (filtered->plan.request.at) plan->options.now = *filtered->plan.request.at;

  Listing listing(context, filtered->style, Shape());
  Printer printer(listing, filtered->names, *plan);
  Progress progress(context.err, context.err_is_terminal && !context.out_is_terminal, context.ticks);
  LedgerFindings ledger;
  uint64_t envelopes = 0;
  const auto visit = [&](EnvelopeStory& story) -> Status {
    filtered->names.Learn(story.envelope());
    EnvelopeFindings findings(story.envelope(), plan->options,
                              [&printer](Finding finding) { printer.Print(std::move(finding)); });
    ENVLEDGER_RETURN_IF_ERROR(story.ForEachRecord([&](const Record& record, const std::string&) {
      ledger.AddRecord(record);
      findings.Add(record);
      return Ok();
    }));
    findings.Finish();
    progress.Update(++envelopes, 0, "envelopes");
    return Ok();
  };
  auto coverage = ForEachEnvelope(*filtered->reader, filtered->plan.request, 0, visit);
  if (!coverage.ok()) return Fail(context, coverage.status());
  Status ledgers;
  if (plan->Wants(FindingKind::kNewRecorder)) ledgers = PrintRecorders(*filtered->reader, ledger, printer);
  if (ledgers.ok() && plan->Wants(FindingKind::kClockStep)) {
    ledgers = PrintClockSteps(*filtered->reader, filtered->plan.request, printer);
  }
  // Damage in these entries does not suppress the findings about envelopes.
  if (ledgers.code() == Code::kCorruption) {
    coverage->AddProblem(ledgers.message());
  } else if (!ledgers.ok()) {
    return Fail(context, ledgers);
  }
  const uint64_t found = printer.found();
  if (found > listing.rows()) {
    Complain(context, "printed " + Grouped(listing.rows()) + " of " + Grouped(found) + " findings (--limit)");
  }
  return listing.Finish(*coverage,
                        printer.Count() + " in " + Grouped(envelopes) + (envelopes == 1 ? " envelope" : " envelopes"));
}

constexpr std::string_view kTextBefore =
    R"(Examines the envelopes that match all filters (the filters are those of query) for what an auditor should look
at. A finding is not a verdict: each names the entries that show it and the values in them.)";

constexpr std::string_view kTextAfter =
    R"(Every grant is judged, not only the last; what a grant repeats from the previous grant is not reported again. A
request that states no resources has no widened grant. A hop that states no scopes or no expiry has those of its
parent; scopes are compared literally. "Without a reason" means that neither the grant nor its record nor the decision
behind it gives a reason. A producer is new if its first record in the whole ledger is among the envelopes examined;
clock steps are reported if they lie within the times given. With --at, deadlines are judged as of that moment.
Cancelling or revoking one's own request is not self-approval, and anonymous principals are not distinguished.

jsonl prints one finding per line, {"finding", "severity", "envelope_id", "principal", "seqs", "when", "text"}, and
{"completeness": ...} last. severity is notice, warning or alert; envelope_id and principal are null for findings about
the ledger itself. when is the occurred_at of the last of the entries, or the recorded_at of the ledger's own entry. The
exit status is 0 whether or not there are findings.)";

// The help text, with a paragraph for every kind of finding.
const std::string& Text() {
  static const std::string kText = [] {
    std::string text(kTextBefore);
    for (int i = 0; i < kFindingKindCount; ++i) {
      const auto kind = static_cast<FindingKind>(i);
      text += "\n\n" + std::string(Name(kind)) + ": " + std::string(ExplanationOf(kind));
    }
    return text + "\n\n" + std::string(kTextAfter);
  }();
  return kText;
}

constexpr std::string_view kExample = R"(  envledger findings --since 7d
  envledger findings --tenant search --finding widened_grant,scope_not_requested --format jsonl
)";

}  // namespace

Command FindingsCommand() {
  static const OptionSpecs kOwn = {
      {"finding", Takes::kValues, "FINDING", "only these findings (a list: any of them)", WordsOf<FindingKind, 0>},
      {"severity", Takes::kValue, "SEVERITY",
       "only findings of at least this severity: notice (the default), warning, alert", WordsOf<Severity, 0>},
      {"max-skew", Takes::kValue, "SPAN", "how far occurred_at may differ from recorded_at (default 5m)"},
      {"limit", Takes::kValue, "N", "print at most N findings, but count all (default 0: print all)"},
  };
  return {
      .name = "findings",
      .arguments = "",
      .summary = "find what needs attention: widened grants, self-approvals, missed deadlines, ...",
      .text = Text(),
      .example = kExample,
      .options = Join({kOwn, FilteredOptions()}),
      .run = Run,
  };
}

}  // namespace envledger::cli
