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
  RoleMask roles = 0;          // held by the principal asked about
  std::vector<uint64_t> seqs;  // seqs of all its records, in order
};

struct ReportData {
  // What was asked and what was answered. Only the maker of the report vouches for these.
  std::string tool_version;
  Nanos generated_at = 0;
  std::vector<KeyValue> filters;      // option names and values; times are absolute
  std::vector<Principal> principals;  // principals that the filter `principal` names
  uint64_t answered_size = 0;         // size of the tree that the answer was read from
  Hash answered_root{};
  bool complete = false;
  std::string problem;  // why the answer is not complete
  bool more = false;    // a limit ended the answer
  std::vector<ReportEnvelope> envelopes;

  // What vouches for the entries: a checkpoint, and the nodes of a SubsetProof of the entries in its tree.
  std::map<uint64_t, std::string> entries;  // sealed bytes by seq
  std::vector<Hash> nodes;
  std::string checkpoint;  // a signed note; empty only if there are no entries and no checkpoint was signed
  std::string vkey;        // the key that signed it
};

// The value of a filter, or nullptr.
const std::string* FindFilter(const ReportData& data, std::string_view name);
// The moment that the report describes (the filter `at`). Later records are among the entries but nowhere else on the
// page. Nothing when the report describes everything.
std::optional<Nanos> MomentOf(const ReportData& data);
// "Now" in the report: that moment, or the time when the report was made.
Nanos NowOf(const ReportData& data);

// AddReportDataJson appends one line of JSON that is safe inside a script element. ReadReportData reads it; the text
// may come from anybody, and memory is proportional to its size. kInvalidArgument, saying what is wrong, for values that
// AddReportDataJson cannot have written; other spellings of the same values are read, but not accepted by CheckReport.
// It checks no hash and no signature.
void AddReportDataJson(const ReportData& data, std::string& text);
Result<ReportData> ReadReportData(std::string_view json);

// The text before and after the JSON in a page; the JSON is a line of its own.
inline constexpr std::string_view kReportDataBegin = "<script type=\"application/json\" id=\"evidence\">\n";
inline constexpr std::string_view kReportDataEnd = "\n</script>\n";

// An envelope with its entries, as the ledger returned it. kCorruption, naming an entry that the report does not have.
Result<EnvelopeRecords> AnswerOf(const ReportData& data, const ReportEnvelope& envelope);
// The envelopes, folded from their entries at the report's moment, in the report's order. kCorruption, naming the
// envelope or entry that cannot be read.
Result<std::vector<Story>> StoriesOf(const ReportData& data);

}  // namespace envledger
