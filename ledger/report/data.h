// The values that a report is rendered from. Its page embeds them as JSON (schema/FORMAT.md, "Reports"), and everything
// else on it follows from them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/note.h"
#include "ledger/codec/model.h"
#include "ledger/evidence/story.h"

namespace envledger {

struct ReportEnvelope {
  std::string id;
  RoleMask roles = 0;          // that the principal asked about holds
  std::vector<uint64_t> seqs;  // of all its records, in order
};

struct ReportData {
  // What was asked and what was answered. Only whoever made the report vouches for these.
  std::string tool_version;
  Nanos generated_at = 0;
  std::vector<KeyValue> filters;      // as options and their values; times absolute
  std::vector<Principal> principals;  // those that the filter `principal` was found to name
  uint64_t answered_size = 0;         // the tree that the answer was read from
  Hash answered_root{};
  bool complete = false;
  std::string problem;  // why not complete
  bool more = false;    // a limit ended the answer
  std::vector<ReportEnvelope> envelopes;

  // What vouches for the entries: a checkpoint, and the nodes of a SubsetProof of them in its tree.
  std::map<uint64_t, std::string> entries;  // sealed bytes by seq
  std::vector<Hash> nodes;
  std::string checkpoint;  // a signed note; empty only when there are no entries and none was signed
  std::string vkey;        // what it is signed by
};

// The value of a filter, or nullptr.
const std::string* FindFilter(const ReportData& data, std::string_view name);
// The moment that the report describes (the filter `at`): what occurred later is among the entries, and nowhere else on
// the page. Nothing when it describes everything.
std::optional<Nanos> MomentOf(const ReportData& data);
// What "now" means in the report: that moment, or the time when the report was made.
Nanos NowOf(const ReportData& data);

// Appends one line of JSON that is safe inside a script element; and reads it. ReadReportData takes text from anybody,
// in memory proportional to its size: kInvalidArgument, saying what is wrong, for what AddReportDataJson cannot have
// written. It checks no hash and no signature.
void AddReportDataJson(const ReportData& data, std::string& text);
Result<ReportData> ReadReportData(std::string_view json);

// In a page the JSON stands between these, alone on its line.
inline constexpr std::string_view kReportDataBegin = "<script type=\"application/json\" id=\"evidence\">\n";
inline constexpr std::string_view kReportDataEnd = "\n</script>\n";

// An envelope with its entries, as the ledger answered. kCorruption naming an entry that the report does not have.
Result<EnvelopeRecords> AnswerOf(const ReportData& data, const ReportEnvelope& envelope);
// The envelopes as their entries show them at the report's moment, in the report's order. kCorruption naming the
// envelope or entry that cannot be read so.
Result<std::vector<Story>> StoriesOf(const ReportData& data);

}  // namespace envledger
