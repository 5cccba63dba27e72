// Whether an envelope matches a query, judged from the envelope's own records: for those who answer, and for those who
// check an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Which record gives an envelope its place in the answer's order; see QueryRequest in protocol.fbs.
enum class PlaceRule { kRequested, kPrincipal, kNativeId, kNode, kRecorder };
PlaceRule PlaceRuleOf(const QueryRequest& query);

// Matches envelopes against a query, which it borrows. REQUIRES: the query has no empty principal id. Thread-safe.
class Matcher {
 public:
  explicit Matcher(const QueryRequest& query) : query_(query), rule_(PlaceRuleOf(query)) {}

  PlaceRule rule() const { return rule_; }
  // Whether this record may give its envelope's place. The first such record does.
  bool CanPlace(const Record& record) const;
  // The envelope's place; nullopt when no record may give it.
  std::optional<uint64_t> PlaceOf(const std::vector<Record>& records) const;

  // Whether the `requested` record alone shows that its envelope does not match. REQUIRES: `requested` is one.
  bool RulesOut(const Record& requested) const;
  // The roles that the queried principal holds (0 without one); nullopt when the envelope does not match. REQUIRES: all
  // records of the envelope in order, the first `requested`.
  std::optional<RoleMask> Judge(const std::vector<Record>& records) const;

 private:
  friend class EnvelopeJudge;

  const QueryRequest& query_;
  const PlaceRule rule_;
};

// What the first records of an envelope have told of it, without the records.
struct JudgedPart {
  uint64_t records = 0;
  std::optional<uint64_t> place;
  uint32_t found = 0;  // a bit for each of what was asked for and has been found
  RoleMask roles = 0;
  Stage stage = Stage::kUnspecified;
  uint32_t relations = 0;
  bool operator==(const JudgedPart&) const = default;
};

// Judges one envelope record by record, without holding the records. It keeps little, except for the resources
// requested where the query compares them with what was granted. The matcher must outlive it.
class EnvelopeJudge {
 public:
  explicit EnvelopeJudge(const Matcher& matcher) : matcher_(&matcher) {}

  // In the order of revisions. REQUIRES: the first is `requested`.
  void Add(const Record& record);
  // Matcher::PlaceOf and Matcher::Judge of the records so far.
  std::optional<uint64_t> place() const { return place_; }
  std::optional<RoleMask> Verdict() const;
  // The first record alone shows that the envelope does not match, whatever follows.
  bool ruled_out() const { return ruled_out_; }
  uint64_t records() const { return records_; }
  size_t MemoryBytes() const;

  // What is known so far; and how to go on from there. REQUIRES of GoOn: only the first record was added, and `part` is
  // of the same envelope and query.
  JudgedPart part() const { return {records_, place_, found_, roles_, stage_, relations_}; }
  void GoOn(const JudgedPart& part);

 private:
  // Bits of found_.
  static constexpr uint32_t kRecorder = 1;
  static constexpr uint32_t kNode = 2;
  static constexpr uint32_t kNativeId = 4;
  bool AsksRelation() const;
  void Note(bool found, uint32_t bit) { found_ |= found ? bit : 0; }
  bool Has(uint32_t bit) const { return (found_ & bit) != 0; }

  const Matcher* matcher_;
  uint64_t records_ = 0;
  std::optional<uint64_t> place_;
  bool ruled_out_ = false;
  uint32_t found_ = 0;
  RoleMask roles_ = 0;
  Stage stage_ = Stage::kUnspecified;
  uint32_t relations_ = 0;  // a bit for each Relation that the latest grant shows
  ResourceMap requested_;
};

}  // namespace envledger
