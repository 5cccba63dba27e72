// What an auditor should look at: computed from an envelope's own records, reported and never refused.
//
// Pure functions of decoded records: no I/O, no clock, no threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"

namespace envledger {

enum class FindingKind : uint8_t {
  // A grant of more than was asked, or of what was not asked. None where the request states no resources at all.
  kWidenedGrant,
  kScopeNotRequested,        // granted scopes that are not among scope.requested_scopes
  kUnexplainedNarrowing,     // narrowed or withheld, and neither the grant nor its decision says why
  kSelfApproval,             // allow or narrow, decided by the envelope's own requester or subject
  kDelegationWidened,        // a hop with scopes that its parent lacks
  kDelegationOutlived,       // a hop that expires after its parent
  kOpenPastDeadline,         // not ended, and execution.deadline lies before `now`
  kOccurredFarFromRecorded,  // |recorded_at - occurred_at| beyond max_skew
  kStartedAfterLease,        // started when the grant in force had expired
  kOccurredBackwards,        // occurred_at before that of an earlier record of the envelope
  kNewRecorder,              // the first record of a producer in the ledger
  kClockStep,                // the ledger's own clock went backwards
};
inline constexpr int kFindingKindCount = 12;

std::string_view Name(FindingKind kind);  // "widened_grant", ...
std::optional<FindingKind> ParseFindingKind(std::string_view name);
// One sentence: what such a finding means.
std::string_view ExplanationOf(FindingKind kind);

enum class Severity : uint8_t { kNotice, kWarning, kAlert };
std::string_view Name(Severity severity);  // "notice", ...
std::optional<Severity> ParseSeverity(std::string_view name);

struct Finding {
  FindingKind kind = FindingKind::kWidenedGrant;
  Severity severity = Severity::kNotice;
  std::string envelope_id;     // empty: a finding about the ledger
  std::vector<uint64_t> seqs;  // the entries that show it, ascending
  Nanos when = 0;              // occurred_at of the last of them; of a new recorder and a clock step, recorded_at
  // The principal whom it concerns: the decider, the hop's actor, else the requester. Nobody for the ledger's own.
  std::optional<Principal> who;
  std::string text;  // a sentence with the values. Holds what producers wrote: SafeText is the caller's
};

struct FindingOptions {
  Nanos now = 0;                   // for deadlines of open envelopes
  Nanos max_skew = 300 * kSecond;  // between occurred_at and recorded_at; not negative
};

// The findings about one envelope, by kind, then by seq. Each grant is judged by itself, against the request; what a
// grant only repeats from the one before is not reported again. REQUIRES: `envelope` is FoldEnvelope(records).
std::vector<Finding> FindingsOf(const Envelope& envelope, const std::vector<Record>& records,
                                const FindingOptions& options);

// The findings that need more than one envelope. Records and events may come in any order, and twice. One user at a
// time.
class LedgerFindings {
 public:
  // Notes who recorded them.
  void AddRecords(const std::vector<Record>& records);
  // An event's sealed bytes; one that is no finding is passed over. kCorruption for bytes that are no entry.
  Status AddEvent(std::string_view entry_bytes);

  // By producer, the first record of it among those added. Whether it is the first in the ledger, only who has read
  // the ledger knows.
  const std::map<std::string, Record>& recorders() const { return recorders_; }
  // The finding that `first` is the first record of its producer.
  static Finding NewRecorder(const Record& first);

  // Both kinds, by seq; as if all of the ledger had been added.
  std::vector<Finding> Findings() const;
  std::vector<Finding> ClockSteps() const;

 private:
  std::map<std::string, Record> recorders_;  // with transitions of no more than an envelope id and a time
  std::map<uint64_t, Finding> clock_steps_;
};

}  // namespace envledger
