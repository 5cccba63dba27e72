// What a report is made from: everything on its page follows from these values, which the page embeds.
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
  // What was asked and what was answered: nothing below vouches for these but whoever made the report.
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
// The moment as of which everything is told (the filter `at`): what occurred later is among the entries, and nowhere
// else. Without one, all is told.
std::optional<Nanos> MomentOf(const ReportData& data);
// What "now" means to the report: that moment, or when it was made.
Nanos NowOf(const ReportData& data);

// One line of JSON that is safe inside a script element, at the end of `text`; and back. ReadReportData:
// kInvalidArgument, saying what, for anything that AddReportDataJson did not write.
void AddReportDataJson(const ReportData& data, std::string& text);
Result<ReportData> ReadReportData(std::string_view json);

// Between these stands the JSON in a page, alone on its line.
inline constexpr std::string_view kReportDataBegin = "<script type=\"application/json\" id=\"evidence\">\n";
inline constexpr std::string_view kReportDataEnd = "\n</script>\n";

// An envelope with its entries, as the ledger answered. kCorruption naming an entry that is not there.
Result<EnvelopeRecords> AnswerOf(const ReportData& data, const ReportEnvelope& envelope);
// The envelopes as their entries tell them, as of the moment, in the report's order. kCorruption naming the envelope or
// entry.
Result<std::vector<Story>> StoriesOf(const ReportData& data);

}  // namespace envledger
