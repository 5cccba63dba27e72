// Things that an auditor should look at: computed from an envelope's own records, reported and never refused.
//
// Pure functions of decoded records: no I/O, no clock, no threads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/span.h"
#include "ledger/base/status.h"
#include "ledger/codec/envelope.h"

namespace envledger {

enum class FindingKind : uint8_t {
  // A grant of more than was requested, or of something that was not requested. Not reported when the request states no
  // resources.
  kWidenedGrant,
  kScopeNotRequested,        // granted scopes that are not among scope.requested_scopes
  kUnexplainedNarrowing,     // narrowed or withheld, without a reason in the grant or its decision
  kSelfApproval,             // allow or narrow, decided by the envelope's own requester or subject
  kDelegationWidened,        // a hop with scopes that its parent lacks
  kDelegationOutlived,       // a hop that expires after its parent
  kOpenPastDeadline,         // not ended although execution.deadline is before `now`
  kOccurredFarFromRecorded,  // |recorded_at - occurred_at| beyond max_skew
  kStartedAfterLease,        // started after the grant in force had expired
  kOccurredBackwards,        // occurred_at before that of an earlier record of the envelope
  kCrossProducer,            // records by another producer than the one that opened the envelope
  kNewRecorder,              // the first record of a producer in the ledger
  kClockStep,                // the ledger's own clock went backwards
};
inline constexpr int kFindingKindCount = 13;

std::string_view Name(FindingKind kind);  // "widened_grant", ...
std::optional<FindingKind> ParseFindingKind(std::string_view name);
// One sentence that says what such a finding means.
std::string_view ExplanationOf(FindingKind kind);

enum class Severity : uint8_t { kNotice, kWarning, kAlert };
std::string_view Name(Severity severity);  // "notice", ...
std::optional<Severity> ParseSeverity(std::string_view name);

struct Finding {
  FindingKind kind = FindingKind::kWidenedGrant;
  Severity severity = Severity::kNotice;
  std::string envelope_id;     // empty: a finding about the ledger
  std::vector<uint64_t> seqs;  // entries that show it, ascending
  Nanos when = 0;              // occurred_at of the last of them; recorded_at for a new recorder or a clock step
  // The principal concerned: the decider, the hop's actor, otherwise the requester. Empty for findings about the
  // ledger.
  std::optional<Principal> who;
  std::string text;  // a sentence with the values; has producers' text, so callers apply SafeText
};

struct FindingOptions {
  Nanos now = 0;                   // the time to compare deadlines of open envelopes with
  Nanos max_skew = 300 * kSecond;  // between occurred_at and recorded_at; not negative
};

// The findings about one envelope, whose records are added one at a time. Each grant is compared with the request; what
// a grant only repeats from the one before it is not reported again. Holds the latest grant, 8 bytes for each record by
// another producer, and 16 bytes for each
// record whose time is out of order.
class EnvelopeFindings {
 public:
  // `envelope` is the fold of all records that will be added, and must outlive this object. `take` receives the
  // findings by kind, then by seq; an envelope whose findings exceed kMaxWaitingBytes gives several such runs.
  EnvelopeFindings(const Envelope& envelope, const FindingOptions& options, std::function<void(Finding)> take);
  // Records must be added in the order of revisions.
  void Add(const Record& record);
  // Call after the last record.
  void Finish();

  static constexpr uint64_t kMaxWaitingBytes = 4 << 20;

 private:
  Finding& Found(FindingKind kind, Severity severity, std::vector<uint64_t> seqs, Nanos when, std::string text);
  void TakeAll();
  void Grant(const Record& record);
  void Resources(const Record& record, const Granted& granted, const Granted& before);
  bool Explained(const Record& record, const Granted& granted) const;
  void Scopes(const Record& record, const Granted& granted, const Granted& before);
  void Decided(const Record& record);
  void Delegation();
  void Deadline();
  void Skew(const Record& record);
  void Skewed();
  void Lease(const Record& record);
  void Order(const Record& record);
  void Producer(const Record& record);
  void CrossProducer();
  void Disordered();

  // The times of a record, for comparison with later ones.
  struct Moment {
    uint64_t seq = 0;
    Nanos at = 0;
    Nanos recorded_at = 0;
    Nanos Distance() const { return recorded_at < at ? SpanBetween(recorded_at, at) : SpanBetween(at, recorded_at); }
  };

  const Envelope& envelope_;
  const FindingOptions options_;
  const std::function<void(Finding)> take_;
  std::vector<Finding> waiting_;
  uint64_t waiting_bytes_ = 0;

  uint64_t records_ = 0;
  Granted granted_;  // the latest grant; empty before the first
  std::optional<uint64_t> granted_by_;
  bool decision_gives_reasons_ = false;  // whether the latest decision does
  std::vector<uint64_t> skewed_;
  std::optional<Moment> worst_skew_;
  std::optional<Moment> last_skew_;
  Recorder opener_;
  std::vector<uint64_t> by_others_;
  Recorder first_other_;
  Nanos last_by_other_ = 0;
  std::vector<uint64_t> disordered_;
  std::optional<Moment> latest_;  // the latest of the earlier records
  std::optional<Moment> last_disordered_;
  Nanos worst_step_ = 0;
  uint64_t steps_back_ = 0;
};

// All findings at once. REQUIRES: `envelope` is FoldEnvelope(records).
std::vector<Finding> FindingsOf(const Envelope& envelope, const std::vector<Record>& records,
                                const FindingOptions& options);

// The findings that need more than one envelope. Records may be added in any order, and more than once. Holds one small
// record for each producer. One user at a time.
class LedgerFindings {
 public:
  // Notes the recorder of a record.
  void AddRecord(const Record& record);

  // The earliest record of each producer among those added. Whether it is the first in the ledger is only known after
  // reading the whole ledger.
  const std::map<std::string, Record>& recorders() const { return recorders_; }
  // The finding that `first` is its producer's first record.
  static Finding NewRecorder(const Record& first);
  // The finding for an event; nothing when the entry has none. kCorruption for bytes that are not an entry.
  static Result<std::optional<Finding>> ClockStep(std::string_view entry_bytes);

 private:
  std::map<std::string, Record> recorders_;  // their transitions have only an envelope id and a time
};

}  // namespace envledger
