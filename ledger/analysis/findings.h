// What an auditor should look at: computed from an envelope's own records, reported and never refused.
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

// The findings about one envelope, whose records go by one at a time. Each grant is judged by itself, against the
// request; what a grant only repeats from the one before is not reported again. Holds the latest grant, and 16 bytes
// for each record whose time is out of order.
class EnvelopeFindings {
 public:
  // `envelope` is the fold of all the records that will be added, and must outlive this. `take` hears the findings by
  // kind, then by seq; those of an envelope that has more of them than kMaxWaitingBytes in several such runs.
  EnvelopeFindings(const Envelope& envelope, const FindingOptions& options, std::function<void(Finding)> take);
  // In the order of revisions.
  void Add(const Record& record);
  // After the last.
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
  void Disordered();

  // A record, as far as later ones are compared with it.
  struct Moment {
    uint64_t seq = 0;
    Nanos at = 0;
    Nanos recorded_at = 0;
    Nanos Distance() const { return recorded_at < at ? at - recorded_at : recorded_at - at; }
  };

  const Envelope& envelope_;
  const FindingOptions options_;
  const std::function<void(Finding)> take_;
  std::vector<Finding> waiting_;
  uint64_t waiting_bytes_ = 0;

  uint64_t records_ = 0;
  Granted granted_;  // the latest; before the first, one of nothing
  std::optional<uint64_t> granted_by_;
  bool decision_gives_reasons_ = false;  // the latest that there is
  std::vector<uint64_t> skewed_;
  std::optional<Moment> worst_skew_;
  std::optional<Moment> last_skew_;
  std::vector<uint64_t> disordered_;
  std::optional<Moment> latest_;  // of those before
  std::optional<Moment> last_disordered_;
  Nanos worst_step_ = 0;
  uint64_t steps_back_ = 0;
};

// All of them at once. REQUIRES: `envelope` is FoldEnvelope(records).
std::vector<Finding> FindingsOf(const Envelope& envelope, const std::vector<Record>& records,
                                const FindingOptions& options);

// The findings that need more than one envelope. Records may come in any order, and twice. Holds one small record for
// each producer. One user at a time.
class LedgerFindings {
 public:
  // Notes who recorded it.
  void AddRecord(const Record& record);

  // By producer, the first record of it among those added. Whether it is the first in the ledger, only who has read
  // the ledger knows.
  const std::map<std::string, Record>& recorders() const { return recorders_; }
  // The finding that `first` is the first record of its producer.
  static Finding NewRecorder(const Record& first);
  // The finding that an event is; nothing when it is none. kCorruption for bytes that are no entry.
  static Result<std::optional<Finding>> ClockStep(std::string_view entry_bytes);

 private:
  std::map<std::string, Record> recorders_;  // with transitions of no more than an envelope id and a time
};

}  // namespace envledger
