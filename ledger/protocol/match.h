// What a query asks of an envelope, judged on the envelope's own records: by those who answer, and by those who check
// an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Which record gives an envelope its place in the answer; see QueryRequest in protocol.fbs.
enum class PlaceRule { kRequested, kPrincipal, kNativeId, kNode, kRecorder };
PlaceRule PlaceRuleOf(const QueryRequest& query);

// Of a query without an empty principal id, which it borrows. Thread-safe.
class Matcher {
 public:
  explicit Matcher(const QueryRequest& query) : query_(query), rule_(PlaceRuleOf(query)) {}

  PlaceRule rule() const { return rule_; }
  // Whether the rule can take this record as its envelope's place: it is the first of those that pass.
  bool CanPlace(const Record& record) const;
  // Nothing when no record passes.
  std::optional<uint64_t> PlaceOf(const std::vector<Record>& records) const;

  // Whether the `requested` record alone tells that its envelope is not in the answer. REQUIRES: it is one.
  bool RulesOut(const Record& requested) const;
  // The roles that the queried principal holds (0 without one), or nothing when the envelope does not match. REQUIRES:
  // all its records in order, the first `requested`.
  std::optional<RoleMask> Judge(const std::vector<Record>& records) const;

 private:
  friend class EnvelopeJudge;

  const QueryRequest& query_;
  const PlaceRule rule_;
};

// Judges one envelope record by record, without holding the records. What it keeps is small, but for the resources
// requested, where the query asks how they compare with what was granted. The matcher must outlive it.
class EnvelopeJudge {
 public:
  explicit EnvelopeJudge(const Matcher& matcher) : matcher_(&matcher) {}

  // In the order of revisions. REQUIRES: the first is `requested`.
  void Add(const Record& record);
  // Matcher::PlaceOf and Matcher::Judge of the records so far.
  std::optional<uint64_t> place() const { return place_; }
  std::optional<RoleMask> Verdict() const;
  // The first record rules the envelope out, whatever follows.
  bool ruled_out() const { return ruled_out_; }
  uint64_t records() const { return records_; }
  size_t MemoryBytes() const;

 private:
  bool AsksRelation() const;

  const Matcher* matcher_;
  uint64_t records_ = 0;
  std::optional<uint64_t> place_;
  bool ruled_out_ = false;
  bool has_recorder_ = false;  // of those asked for
  bool has_node_ = false;
  bool has_native_id_ = false;
  RoleMask roles_ = 0;
  Stage stage_ = Stage::kUnspecified;
  uint32_t relations_ = 0;  // a bit for each Relation that the latest grant shows
  ResourceMap requested_;
};

}  // namespace envledger
