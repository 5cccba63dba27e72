// Records of a ledger as lines for other tools: csv, JSON Lines, OCSF, CloudEvents. schema/MAPPINGS.md lists every
// field and where it comes from; FORMAT.md and OUTPUT.md describe the csv and jsonl fields.
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

// What each line describes: a record of an envelope that passes the query, such an envelope, or any entry of the whole
// log, including the ledger's own events. All formats support records.
enum class ExportRows { kRecords, kEnvelopes, kEntries };
inline constexpr std::array kExportRows = {ExportRows::kRecords, ExportRows::kEnvelopes, ExportRows::kEntries};
std::string_view Name(ExportRows rows);  // "records", "envelopes", "entries"
bool HasRows(ExportForm form, ExportRows rows);

// Whether the last line states how complete the export is. It does not in formats whose readers take every line for an
// event; then the caller must report it.
bool SaysCompleteness(ExportForm form);

struct RecordExport {
  ExportForm form = ExportForm::kJsonl;
  ExportRows rows = ExportRows::kRecords;  // REQUIRES: HasRows(form, rows)
  QueryRequest query;                      // ignored for kEntries
  uint64_t limit = 0;                      // number of envelopes; 0: all. Ignored for kEntries
  std::string cursor_end;                  // text to add after a cursor (Coverage::SetCursorEnd)
};

struct ExportedRecords {
  Coverage coverage;
  uint64_t rows = 0;  // not counting titles and completeness
};

// Receives whole lines, with their line ends. An error ends the export with that status.
using ExportSink = std::function<Status(std::string_view lines)>;

// Writes the export that `what` describes to `sink`, in the ledger's order of envelopes or entries. `progress` (may be
// empty) receives the number of rows so far. Holds one page of the answer in memory, whatever its length. Every leaf
// hash is computed here from the entry's bytes, and for the whole log the root too.
//
// A hole in the answer is reported in the coverage and is not an error. kCorruption, naming the envelope or entry, for
// an answer that cannot be read or an entry with another seq; kInternal when the ledger reports no origin; otherwise
// the errors of the reader and of `sink`.
Result<ExportedRecords> ExportRecords(LedgerReader& reader, const RecordExport& what, const ExportSink& sink,
                                      const std::function<void(uint64_t rows)>& progress);

}  // namespace envledger
