// An envelope from an answer, its sealed records decoded, checked and folded; and what an answer covers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Checks from an envelope's records, given one by one, that none is missing.
class RecordCheck {
 public:
  explicit RecordCheck(std::string envelope_id) : envelope_id_(std::move(envelope_id)) {}

  // Takes the next record. kCorruption when it belongs to another envelope, or is the first and not `requested`.
  Status Add(const Record& record);
  uint64_t records() const { return records_; }
  std::optional<uint64_t> last_seq() const { return last_seq_; }
  // Empty as long as revisions count from 0 and each record names the one before it.
  const std::string& problem() const { return problem_; }

 private:
  std::string ProblemOf(const Record& record) const;

  const std::string envelope_id_;
  uint64_t records_ = 0;
  std::optional<uint64_t> last_seq_;
  std::string problem_;
};

// An envelope that is completely in memory.
struct Story {
  Envelope envelope;
  std::vector<Record> records;  // if a moment was asked for, only records up to then
  std::vector<size_t> places;   // the position of each in the answer's entries
  uint64_t later = 0;           // number of later records
  RoleMask roles = 0;           // held by the queried principal
  std::string problem;          // from RecordCheck, with the envelope's name
};

// kCorruption for bytes that are not the entry of a record.
Result<std::vector<Record>> RecordsOf(const std::vector<std::string>& entries);
// Checks that these are all records of an envelope up to the last one: their revisions are dense, and each names the
// one before it. kCorruption, naming the entry, otherwise.
Status CheckRevisions(const EnvelopeRecords& answer);

// kCorruption, naming the envelope, when the bytes are not entries of this envelope that begin with `requested`, or
// when it was requested after `at`. With `at`, the envelope is folded as of that moment; later records are checked but
// left out.
Result<Story> ReadStory(const EnvelopeRecords& answer, std::optional<Nanos> at = std::nullopt);
// Reduces a story to a moment. kCorruption as above.
Status LeaveOutLater(Nanos at, Story& story);

// What an answer of several pages covers, and which entries it held.
class Coverage {
 public:
  // Adds the statement of one page. The whole answer is described as of the tree of the first page. Later pages may
  // hold newer entries, but earlier pages were not searched for more of them.
  void AddPage(const Completeness& page);
  // Adds an envelope of the answer: the seqs of its first and last records, and what is wrong with them (empty:
  // nothing).
  void AddStory(uint64_t first_seq, uint64_t last_seq, const std::string& problem);
  // Notes that the answer is not complete; the first reason is kept.
  void AddProblem(const std::string& problem);
  // Sets what was asked besides the filters: the moment, and whether to answer without an index.
  void Asked(std::optional<Nanos> at, bool scan);
  void SetCursorEnd(std::string text) { cursor_end_ = std::move(text); }
  bool complete() const { return total_.complete; }
  const std::string& problem() const { return total_.problem; }
  // The cursor to show to the user: the ledger's, with the text that SetCursorEnd gave, if any. Empty: the answer ends
  // here.
  std::string next_cursor() const { return total_.next_cursor.empty() ? "" : total_.next_cursor + cursor_end_; }
  // The combined statement, in the form of a single answer's.
  const Completeness& total() const { return total_; }
  // From the first page.
  uint64_t tree_size() const { return total_.tree_size; }
  const Hash& root() const { return total_.root; }

  // The result of --prove: an object for "proven" in the JSON, and sentences for people.
  void SetProof(bool holds, std::string json, std::string sentence) {
    proof_holds_ = holds;
    proof_json_ = std::move(json);
    proof_sentence_ = std::move(sentence);
  }
  bool proof_holds() const { return proof_holds_; }
  const std::string& ProofSentence() const { return proof_sentence_; }

  std::string Json() const;
  // One line for people: "Complete as of 824 entries, root 3fa9…, checkpoint at 824".
  std::string Sentence() const;

 private:
  bool first_page_ = true;
  std::optional<Nanos> at_;
  bool scan_ = false;
  Completeness total_;
  std::string cursor_end_;
  std::optional<uint64_t> first_seq_;
  std::optional<uint64_t> last_seq_;
  bool proof_holds_ = false;
  std::string proof_json_;
  std::string proof_sentence_;
};

}  // namespace envledger
