// An envelope as an answer brings it, its sealed records decoded, checked and folded; and what an answer covers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/message.h"

namespace envledger {

// What shows in an envelope's records, told one by one: that they are all.
class RecordCheck {
 public:
  explicit RecordCheck(std::string envelope_id) : envelope_id_(std::move(envelope_id)) {}

  // The next record. kCorruption when it is of another envelope, or the first and not `requested`.
  Status Add(const Record& record);
  uint64_t records() const { return records_; }
  std::optional<uint64_t> last_seq() const { return last_seq_; }
  // Empty while revisions count from 0 and each record names the one before it.
  const std::string& problem() const { return problem_; }

 private:
  std::string ProblemOf(const Record& record) const;

  const std::string envelope_id_;
  uint64_t records_ = 0;
  std::optional<uint64_t> last_seq_;
  std::string problem_;
};

// An envelope of which everything is held.
struct Story {
  Envelope envelope;
  std::vector<Record> records;  // with a moment asked for, those that had happened by then
  std::vector<size_t> places;   // of each of them, among the entries of the answer that it was read from
  uint64_t later = 0;           // how many had not
  RoleMask roles = 0;           // that the queried principal holds
  std::string problem;          // RecordCheck's, with the envelope's name
};

// kCorruption for bytes that are no record's entry.
Result<std::vector<Record>> RecordsOf(const std::vector<std::string>& entries);
// That these are all of an envelope's records up to the last of them: their revisions are dense, and each names the one
// before it. kCorruption naming the entry.
Status CheckRevisions(const EnvelopeRecords& answer);

// kCorruption, naming the envelope, when the bytes are not entries of this envelope that begin with `requested`, or
// when it was not requested by `at`. With `at`, the envelope is folded as of that moment; what came later is checked,
// and left out.
Result<Story> ReadStory(const EnvelopeRecords& answer, std::optional<Nanos> at = std::nullopt);
// Makes a story one as of a moment. kCorruption as above.
Status LeaveOutLater(Nanos at, Story& story);

// What an answer of several pages covers, and which entries were in it.
class Coverage {
 public:
  // Adds what one page says. The answer as a whole is stated for the tree of the first page: what later pages saw
  // beyond it is there, but nobody looked for more of it among the earlier pages.
  void AddPage(const Completeness& page);
  // An envelope of the answer: from which entry to which its records lie, and what is wrong with them (empty: nothing).
  void AddStory(uint64_t first_seq, uint64_t last_seq, const std::string& problem);
  // The answer is not whole; the first reason is kept.
  void AddProblem(const std::string& problem);
  // What the question was beyond its filters: the moment, and whether it was to be answered without an index.
  void Asked(std::optional<Nanos> at, bool scan);
  void SetCursorEnd(std::string text) { cursor_end_ = std::move(text); }
  bool complete() const { return total_.complete; }
  const std::string& problem() const { return total_.problem; }
  // For whoever asked: the ledger's, with what stands behind it if anything. Empty: the answer ends here.
  std::string next_cursor() const { return total_.next_cursor.empty() ? "" : total_.next_cursor + cursor_end_; }
  // The same as one answer's.
  const Completeness& total() const { return total_; }
  // Of the first page.
  uint64_t tree_size() const { return total_.tree_size; }
  const Hash& root() const { return total_.root; }

  // What --prove found: an object for "proven" in the json, and sentences for people.
  void SetProof(bool holds, std::string json, std::string sentence) {
    proof_holds_ = holds;
    proof_json_ = std::move(json);
    proof_sentence_ = std::move(sentence);
  }
  bool proof_holds() const { return proof_holds_; }
  const std::string& ProofSentence() const { return proof_sentence_; }

  std::string Json() const;
  // For people, in one line: "Complete as of 824 entries, root 3fa9…, checkpoint at 824".
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
