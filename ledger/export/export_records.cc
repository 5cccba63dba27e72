// There are two ways through a ledger: the envelopes that pass a query, each with its records in order; or the whole
// log in its own order, with the ledger's own events.
#include "ledger/export/export_records.h"

#include <string>
#include <utility>

#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/evidence/pages.h"
#include "ledger/export/csv_rows.h"
#include "ledger/export/envelope_json.h"
#include "ledger/export/event_mappings.h"
#include "ledger/text/csv.h"

namespace envledger {
namespace {

std::string CsvRecord(const RecordInContext& record) { return CsvRow(RecordFields(record)); }
std::string CsvEnvelope(const Envelope& envelope, RoleMask roles) { return CsvRow(EnvelopeFields(envelope, roles)); }
std::string JsonlRecord(const RecordInContext& record) { return RecordLine(record) + "\n"; }
std::string JsonlEnvelope(const Envelope& envelope, RoleMask roles) { return EnvelopeJson(envelope, roles) + "\n"; }
std::string JsonlEvent(std::string_view, const EntryView& entry, const Hash& leaf_hash) {
  return EventLine(entry, leaf_hash) + "\n";
}
std::string OcsfRecord(const RecordInContext& record) { return OcsfLine(record) + "\n"; }
std::string CloudEventRecord(const RecordInContext& record) { return CloudEventLine(record) + "\n"; }
std::string CloudEventEvent(std::string_view origin, const EntryView& entry, const Hash& leaf_hash) {
  return EventCloudEventLine(origin, entry, leaf_hash) + "\n";
}

// How each format writes a line; null if it has no such rows.
struct Writer {
  std::string_view name;
  std::string (*record)(const RecordInContext&) = nullptr;
  std::string (*envelope)(const Envelope&, RoleMask roles) = nullptr;
  std::string (*event)(std::string_view origin, const EntryView&, const Hash& leaf_hash) = nullptr;
};

const Writer& WriterOf(ExportForm form) {
  static constexpr Writer kCsv = {"csv", CsvRecord, CsvEnvelope, nullptr};
  static constexpr Writer kJsonl = {"jsonl", JsonlRecord, JsonlEnvelope, JsonlEvent};
  static constexpr Writer kOcsf = {"ocsf", OcsfRecord, nullptr, nullptr};
  static constexpr Writer kCloudEvents = {"cloudevents", CloudEventRecord, nullptr, CloudEventEvent};
  switch (form) {
    case ExportForm::kCsv:
      return kCsv;
    case ExportForm::kJsonl:
      return kJsonl;
    case ExportForm::kOcsf:
      return kOcsf;
    case ExportForm::kCloudEvents:
      break;
  }
  return kCloudEvents;
}

class Export {
 public:
  Export(LedgerReader& reader, const RecordExport& what, std::string origin, const ExportSink& sink,
         const std::function<void(uint64_t)>& progress)
      : reader_(reader),
        what_(what),
        writer_(WriterOf(what.form)),
        origin_(std::move(origin)),
        sink_(sink),
        progress_(progress) {}

  Result<ExportedRecords> Run() {
    if (what_.form == ExportForm::kCsv) {
      ENVLEDGER_RETURN_IF_ERROR(
          sink_(CsvRow(what_.rows == ExportRows::kEnvelopes ? EnvelopeTitles() : RecordTitles())));
    }
    ENVLEDGER_ASSIGN_OR_RETURN(Coverage coverage, what_.rows == ExportRows::kEntries ? Entries() : Selected());
    coverage.SetCursorEnd(what_.cursor_end);
    if (SaysCompleteness(what_.form)) {
      ENVLEDGER_RETURN_IF_ERROR(sink_("{\"completeness\":" + coverage.Json() + "}\n"));
    }
    return ExportedRecords{std::move(coverage), rows_};
  }

 private:
  Result<Coverage> Selected() {
    return ForEachEnvelope(reader_, what_.query, what_.limit, [&](EnvelopeStory& story) {
      const Envelope& envelope = story.envelope();
      if (what_.rows == ExportRows::kEnvelopes) return Row(writer_.envelope(envelope, story.roles()));
      return story.ForEachRecord([&](const Record& record, const std::string& entry) {
        const Hash leaf_hash = LeafHash(entry);
        return Row(writer_.record({origin_, envelope, record, leaf_hash}));
      });
    });
  }

  // Exports the log up to its size at the first answer.
  Result<Coverage> Entries() {
    Frontier tree;
    Completeness whole;
    for (bool first = true; first || tree.size() < whole.tree_size; first = false) {
      ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse page, reader_.Entries({tree.size(), 0}));
      if (first) whole.tree_size = page.tree_size;
      if (page.entries.empty() && tree.size() < whole.tree_size) {
        return Corruption("the ledger did not return entry " + std::to_string(tree.size()));
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

  Status Entry(const std::string& bytes, Frontier& tree) {
    const std::string where = "entry " + std::to_string(tree.size());
    auto entry = CheckEntry(bytes);
    if (!entry.ok()) return std::move(entry).status().Prepend(where + ": ");
    if (entry->header.seq != tree.size()) {
      return Corruption(where + " says that its seq is " + std::to_string(entry->header.seq));
    }
    const Hash leaf_hash = LeafHash(bytes);
    tree.Append(leaf_hash);
    if (entry->event) return Row(writer_.event(origin_, *entry, leaf_hash));
    auto record = DecodeRecord(bytes);
    if (!record.ok()) return std::move(record).status().Prepend(where + ": ");
    // A single record: what the envelope's first record said is not known here.
    Envelope alone;
    alone.envelope_id = record->transition.envelope_id;
    if (record->transition.identity) alone.identity = *record->transition.identity;
    alone.correlation = record->transition.correlation;
    return Row(writer_.record({origin_, alone, *record, leaf_hash}));
  }

  Status Row(const std::string& line) {
    ENVLEDGER_RETURN_IF_ERROR(sink_(line));
    ++rows_;
    if (progress_) progress_(rows_);
    return Ok();
  }

  LedgerReader& reader_;
  const RecordExport& what_;
  const Writer& writer_;
  const std::string origin_;
  const ExportSink& sink_;
  const std::function<void(uint64_t)>& progress_;
  uint64_t rows_ = 0;
};

}  // namespace

std::string_view Name(ExportForm form) { return WriterOf(form).name; }

std::string_view Name(ExportRows rows) {
  switch (rows) {
    case ExportRows::kRecords:
      return "records";
    case ExportRows::kEnvelopes:
      return "envelopes";
    case ExportRows::kEntries:
      break;
  }
  return "entries";
}

bool HasRows(ExportForm form, ExportRows rows) {
  if (rows == ExportRows::kEnvelopes) return WriterOf(form).envelope != nullptr;
  return rows == ExportRows::kRecords || WriterOf(form).event != nullptr;
}

bool SaysCompleteness(ExportForm form) { return form == ExportForm::kJsonl; }

Result<ExportedRecords> ExportRecords(LedgerReader& reader, const RecordExport& what, const ExportSink& sink,
                                      const std::function<void(uint64_t)>& progress) {
  ENVLEDGER_ASSIGN_OR_RETURN(const StatusResponse status, reader.Status({}));
  // Events are named by the origin, so it must not be empty.
  if (status.origin.empty()) return Internal("the ledger did not report its origin");
  return Export(reader, what, status.origin, sink, progress).Run();
}

}  // namespace envledger
