// Two ways through a ledger: the envelopes that pass query's filters, each with its records in order, or the whole log
// in its own order, with the ledger's own events (--rows entries). Every entry's leaf hash is computed here from its
// bytes; of the whole log, so is the root.
#include "cli/export_records.h"

#include <functional>

#include "cli/arguments/ledger_source.h"
#include "cli/arguments/selection.h"
#include "cli/event_mappings.h"
#include "cli/output/output_file.h"
#include "cli/output/query_rows.h"
#include "cli/progress.h"
#include "ledger/chain/tree.h"
#include "ledger/evidence/pages.h"
#include "ledger/export/envelope_json.h"
#include "ledger/text/csv.h"
#include "ledger/text/json_object.h"
#include "ledger/text/words.h"

namespace envledger::cli {
namespace {

enum class Rows { kRecords, kEnvelopes, kEntries };

struct Form {
  std::string_view name;
  std::string (*record)(const RecordInContext&);
  std::string (*envelope)(const Story&);
  std::string (*event)(std::string_view origin, const EntryView&, const Hash& leaf_hash);
  bool completeness_last;  // as a line of the data; else on stderr, because readers take every line for an event
};

Result<Rows> RowsOf(const Options& options, const Form& form) {
  const std::string rows = options.Has("rows") ? options.Get("rows") : "records";
  if (rows == "records") return Rows::kRecords;
  if (rows == "envelopes" && form.envelope != nullptr) return Rows::kEnvelopes;
  if (rows == "entries" && form.event != nullptr) return Rows::kEntries;
  std::string known = "records";
  if (form.envelope != nullptr) known += ", envelopes";
  if (form.event != nullptr) known += ", entries";
  return InvalidArgument("--rows of " + std::string(form.name) + " is " + known + ", not \"" + rows + "\"");
}

// The filters choose envelopes; the whole log has none.
Status CheckUnfiltered(const Options& options) {
  for (const OptionSpec& spec : QueryOptions()) {
    if (options.Has(spec.name)) {
      return InvalidArgument("--rows entries is the whole log: not with --" + std::string(spec.name));
    }
  }
  return Ok();
}

std::string CsvRecord(const RecordInContext& record) {
  std::string row = CsvRow(RecordFields(record));
  row.resize(row.size() - 1);  // the line feed is added to every line
  return row;
}
std::string CsvEnvelope(const Story& story) {
  std::string row = CsvRow(QueryFields(story));
  row.resize(row.size() - 1);
  return row;
}
std::string EventJsonl(std::string_view, const EntryView& entry, const Hash& leaf_hash) {
  return EventLine(entry, leaf_hash);
}

class Exporter {
 public:
  Exporter(Context& context, LedgerReader& reader, const Form& form, std::string origin, std::ostream& out,
           bool shown_elsewhere)
      : reader_(reader),
        form_(form),
        origin_(std::move(origin)),
        out_(out),
        progress_(context.err, context.err_is_terminal && shown_elsewhere, context.ticks) {}

  uint64_t lines() const { return lines_; }

  Result<Coverage> Selected(const QueryPlan& plan, Rows rows) {
    return ForEachAnswer(reader_, plan.request, plan.limit, [&](Story story, const EnvelopeRecords& answer) -> Status {
      if (rows == Rows::kEnvelopes) return Line(form_.envelope(story), "envelopes");
      for (size_t i = 0; i < story.records.size(); ++i) {
        const Hash leaf_hash = LeafHash(answer.entries[story.places[i]]);
        const RecordInContext record{origin_, story.envelope, story.records[i], leaf_hash};
        ENVLEDGER_RETURN_IF_ERROR(Line(form_.record(record), "records"));
      }
      return Ok();
    });
  }

  // The log up to where it ends at the first answer.
  Result<Coverage> Entries() {
    Frontier tree;
    Completeness whole;
    for (bool first = true; first || tree.size() < whole.tree_size; first = false) {
      ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse page, reader_.Entries({tree.size(), 0}));
      if (first) whole.tree_size = page.tree_size;
      if (page.entries.empty() && tree.size() < whole.tree_size) {
        return Corruption("the ledger gives no entry " + std::to_string(tree.size()));
      }
      for (const std::string& bytes : page.entries) {
        if (tree.size() < whole.tree_size) ENVLEDGER_RETURN_IF_ERROR(Entry(bytes, tree));
      }
    }
    whole.root = tree.Root();
    whole.scanned = tree.size();
    whole.complete = true;
    Coverage coverage;
    coverage.AddPage(whole);
    return coverage;
  }

 private:
  Status Entry(const std::string& bytes, Frontier& tree) {
    const std::string where = "entry " + std::to_string(tree.size());
    auto entry = CheckEntry(bytes);
    if (!entry.ok()) return std::move(entry).status().Prepend(where + ": ");
    if (entry->header.seq != tree.size()) {
      return Corruption(where + " says that it is " + std::to_string(entry->header.seq));
    }
    const Hash leaf_hash = LeafHash(bytes);
    tree.Append(leaf_hash);
    if (entry->event) return Line(form_.event(origin_, *entry, leaf_hash), "entries");
    auto record = DecodeRecord(bytes);
    if (!record.ok()) return std::move(record).status().Prepend(where + ": ");
    // A record by itself: what its envelope's first record said is not at hand.
    Envelope alone;
    alone.envelope_id = record->transition.envelope_id;
    if (record->transition.identity) alone.identity = *record->transition.identity;
    alone.correlation = record->transition.correlation;
    return Line(form_.record({origin_, alone, *record, leaf_hash}), "entries");
  }

  Status Line(const std::string& line, std::string_view what) {
    out_ << line << '\n';
    progress_.Update(++lines_, 0, what);
    return out_.good() ? Ok() : Unavailable("cannot write the export");
  }

  LedgerReader& reader_;
  const Form& form_;
  const std::string origin_;
  std::ostream& out_;
  Progress progress_;
  uint64_t lines_ = 0;
};

struct Job {
  LedgerSource source;
  QueryPlan plan;
  Rows rows = Rows::kRecords;
};

Result<Job> JobOf(Context& context, const Options& options, const Form& form) {
  Job job;
  if (!options.arguments().empty()) {
    return InvalidArgument("a directory is for the form tiles; " + std::string(form.name) +
                           " goes to standard output or to --output FILE");
  }
  for (const std::string_view name : {"sign-now", "vkey"}) {
    if (options.Has(name)) return InvalidArgument("--" + std::string(name) + " is for the form tiles");
  }
  ENVLEDGER_ASSIGN_OR_RETURN(job.source, SourceOf(context, options));
  ENVLEDGER_ASSIGN_OR_RETURN(job.rows, RowsOf(options, form));
  if (job.rows == Rows::kEntries) ENVLEDGER_RETURN_IF_ERROR(CheckUnfiltered(options));
  ENVLEDGER_ASSIGN_OR_RETURN(job.plan, PlanSelection(options, context.now()));
  return job;
}

ExitStatus Finish(Context& context, const Form& form, const Coverage& coverage, uint64_t lines, OutputFile& output) {
  const bool said = form.completeness_last;
  if (said) output.out() << "{\"completeness\":" << coverage.Json() << "}\n";
  if (const Status status = output.Finish(); !status.ok()) return Fail(context, status);
  std::string text = Grouped(lines) + (lines == 1 ? " row. " : " rows. ") + coverage.Sentence();
  if (!coverage.next_cursor().empty()) text += " There may be more: --cursor " + coverage.next_cursor();
  if (!said || !coverage.next_cursor().empty()) Complain(context, text);
  if (coverage.complete()) return ExitStatus::kFine;
  Complain(context, "the export has a hole: " + coverage.problem() + "; run envledger verify");
  return ExitStatus::kFailedVerification;
}

// An empty origin could name no event.
Result<std::string> OriginOf(LedgerReader& reader) {
  ENVLEDGER_ASSIGN_OR_RETURN(const StatusResponse status, reader.Status({}));
  if (status.origin.empty()) return Internal("the ledger does not say its origin");
  return status.origin;
}

ExitStatus Export(Context& context, const Options& options, const Form& form, const std::vector<std::string>& titles) {
  auto job = JobOf(context, options, form);
  if (!job.ok()) return WrongUsage(context, job.status());
  auto reader = context.open_ledger(job->source);
  if (!reader.ok()) return Fail(context, reader.status());
  const auto principals = ResolvePrincipal(context, **reader, job->plan);
  if (!principals.ok()) return Fail(context, principals.status());
  auto origin = OriginOf(**reader);
  if (!origin.ok()) return Fail(context, origin.status());
  auto output = OutputFile::Open(context.out, options.Get("output"));
  if (!output.ok()) {
    Complain(context, output.status().ToString());
    return ExitStatus::kUnavailable;
  }
  if (!titles.empty()) output->out() << CsvRow(job->rows == Rows::kEnvelopes ? QueryShape().csv_titles : titles);
  Exporter exporter(context, **reader, form, *std::move(origin), output->out(),
                    options.Has("output") || !context.out_is_terminal);
  auto coverage = job->rows == Rows::kEntries ? exporter.Entries() : exporter.Selected(job->plan, job->rows);
  if (!coverage.ok()) return Fail(context, coverage.status());
  return Finish(context, form, *coverage, exporter.lines(), *output);
}

}  // namespace

ExitStatus ExportCsv(Context& context, const Options& options) {
  static const Form kForm = {"csv", CsvRecord, CsvEnvelope, nullptr, false};
  return Export(context, options, kForm, RecordTitles());
}

ExitStatus ExportJsonl(Context& context, const Options& options) {
  static const Form kForm = {"jsonl", RecordLine, EnvelopeJson, EventJsonl, true};
  return Export(context, options, kForm, {});
}

ExitStatus ExportOcsf(Context& context, const Options& options) {
  static const Form kForm = {"ocsf", OcsfLine, nullptr, nullptr, false};
  return Export(context, options, kForm, {});
}

ExitStatus ExportCloudEvents(Context& context, const Options& options) {
  static const Form kForm = {"cloudevents", CloudEventLine, nullptr, EventCloudEventLine, false};
  return Export(context, options, kForm, {});
}

}  // namespace envledger::cli
