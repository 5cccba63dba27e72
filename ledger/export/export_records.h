// Records of a ledger as lines for other tools: csv, JSON Lines, OCSF, CloudEvents. Every field, and where it comes
// from, stands in schema/MAPPINGS.md; FORMAT.md and OUTPUT.md say what the csv and jsonl fields are.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/evidence/story.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/protocol/message.h"

namespace envledger {

enum class ExportForm { kCsv, kJsonl, kOcsf, kCloudEvents };
std::string_view Name(ExportForm form);  // "csv", "jsonl", "ocsf", "cloudevents"

// What a line is: a record of an envelope that passes the query, such an envelope, or any entry of the whole log, with
// the ledger's own events. All forms have records.
enum class ExportRows { kRecords, kEnvelopes, kEntries };
inline constexpr std::array kExportRows = {ExportRows::kRecords, ExportRows::kEnvelopes, ExportRows::kEntries};
std::string_view Name(ExportRows rows);  // "records", "envelopes", "entries"
bool HasRows(ExportForm form, ExportRows rows);

// Whether the last line says how complete the export is. It does not where readers take every line for an event: then
// it is the caller's to say.
bool SaysCompleteness(ExportForm form);

struct RecordExport {
  ExportForm form = ExportForm::kJsonl;
  ExportRows rows = ExportRows::kRecords;  // REQUIRES: HasRows(form, rows)
  QueryRequest query;                      // kEntries: not looked at
  uint64_t limit = 0;                      // of envelopes; 0: all. kEntries: not looked at
  std::string cursor_end;                  // what is to stand behind a cursor (Coverage::SetCursorEnd)
};

struct ExportedRecords {
  Coverage coverage;
  uint64_t rows = 0;  // without titles and completeness
};

// Takes whole lines, with their ends. Not ok ends the export with that status.
using ExportSink = std::function<Status(std::string_view lines)>;

// Writes what `what` says to `sink`, in the ledger's order of envelopes or of entries; `progress` (may be empty) hears
// how many rows there are so far. Memory holds a page of the answer, whatever its length. Every leaf hash is computed
// here from the entry's bytes; of the whole log, so is the root.
//
// A hole in the answer is in the coverage, not an error. kCorruption, naming the envelope or entry, for an answer that
// cannot be read or an entry in another place; kInternal when the ledger has no name to give its events; else errors of
// the reader and of `sink`.
Result<ExportedRecords> ExportRecords(LedgerReader& reader, const RecordExport& what, const ExportSink& sink,
                                      const std::function<void(uint64_t rows)>& progress);

}  // namespace envledger
