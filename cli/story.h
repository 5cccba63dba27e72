// An envelope as an answer brings it: its sealed records, decoded, checked and folded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/codec/message.h"

namespace envledger::cli {

struct Story {
  Envelope envelope;
  std::vector<Record> records;
  RoleMask roles = 0;   // that the queried principal holds
  std::string problem;  // why the records are not all; empty when their revisions are dense
};

// kCorruption, naming the envelope, when the bytes are not entries of this envelope that begin with `requested`.
Result<Story> ReadStory(const EnvelopeRecords& answer);

// What an answer of several pages covers, and which entries were in it.
class Coverage {
 public:
  // Adds what one page says. The answer as a whole is stated for the tree of the first page: what later pages saw
  // beyond it is there, but nobody looked for more of it among the earlier pages.
  void AddPage(const Completeness& page);
  void AddStory(const Story& story);
  bool complete() const { return total_.complete; }
  const std::string& problem() const { return total_.problem; }
  const std::string& next_cursor() const { return total_.next_cursor; }
  // The same as one answer's.
  const Completeness& total() const { return total_; }

  std::string Json() const;
  // For people, in one line: "Complete as of 824 entries, root 3fa9…, checkpoint at 824".
  std::string Sentence() const;

 private:
  void Doubt(const std::string& problem);

  bool first_page_ = true;
  Completeness total_;
  std::optional<uint64_t> first_seq_;
  std::optional<uint64_t> last_seq_;
};

}  // namespace envledger::cli
