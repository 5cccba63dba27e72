// The header says what each kind of finding is. Two decisions apply to all of them.
//
// First, what is not stated is not judged: a hop that states no scopes or no expiry has its parent's, and a request
// without any resource cannot be widened. Scopes are opaque strings, compared byte by byte: whether "models/*" covers
// "models/7" is up to the issuer.
//
// Second, every grant counts, not only the last. A grant of twice the requested amount that was narrowed an hour later
// was in force for an hour. A grant that only repeats the one before it adds no finding, so an unchanged renewal is
// silent.
#include "ledger/analysis/findings.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "ledger/base/message.h"
#include "ledger/codec/quantity.h"

namespace envledger {
namespace {

struct KindText {
  std::string_view name;
  std::string_view explanation;
};
constexpr std::array<KindText, kFindingKindCount> kKinds = {{
    {"widened_grant", "More was granted than was requested, or something that was not requested."},
    {"scope_not_requested", "The grant carries scopes that the request did not ask for."},
    {"unexplained_narrowing", "Less was granted than was requested, and nothing says why."},
    {"self_approval", "A request was allowed by its own requester, or by the subject it was made for."},
    {"delegation_widened", "A hop of the delegation chain has scopes that the hop before it does not have."},
    {"delegation_outlived", "A hop of the delegation chain is valid longer than the hop it was delegated from."},
    {"open_past_deadline", "The deadline has passed and no record says how the envelope ended."},
    {"occurred_far_from_recorded", "The producer's time and the ledger's time of a record lie far apart."},
    {"started_after_lease", "Work was started when the grant had already expired."},
    {"occurred_backwards", "A record says that it happened before an earlier record of its envelope."},
    {"cross_producer", "A producer appended to an envelope that another producer opened."},
    {"new_recorder", "A producer wrote to the ledger for the first time."},
    {"clock_step", "The clock of the ledger's machine went backwards."},
}};

std::string Quoted(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "\"" : ", \"") + word + "\"";
  return text;
}

std::string Who(const Principal& principal) {
  const std::string name = std::string(Name(principal.kind)) + ":" + principal.id;
  return principal.issuer.empty() ? name : name + "@" + principal.issuer;
}

std::string Amount(const Resource& resource) {
  std::string text;
  if (resource.amount) {
    text = HumanQuantity(*resource.amount);
  } else if (resource.min || resource.max) {
    text =
        (resource.min ? HumanQuantity(*resource.min) : "") + ".." + (resource.max ? HumanQuantity(*resource.max) : "");
  } else {
    text = "an unstated amount";
  }
  if (resource.per == Per::kUnit) text += " per " + (resource.unit_of.empty() ? "unit" : resource.unit_of);
  return text;
}

Nanos At(const Record& record) { return record.transition.occurred_at.value_or(0); }

// For each hop, the nearest ancestors that state scopes or an expiry. A hop's parent is the earlier hop that its
// parent_id names, otherwise the one just before it. Computed in one pass, because a chain may have thousands of hops.
struct Ancestors {
  const DelegationHop* with_scopes = nullptr;
  const DelegationHop* with_expiry = nullptr;
};
std::vector<Ancestors> AncestorsOf(const std::vector<DelegationHop>& hops) {
  std::vector<Ancestors> ancestors(hops.size());
  std::map<std::string_view, size_t> last_named;  // by delegation_id
  for (size_t i = 1; i < hops.size(); ++i) {
    last_named[hops[i - 1].delegation_id] = i - 1;
    const auto named = hops[i].parent_id.empty() ? last_named.end() : last_named.find(hops[i].parent_id);
    const size_t parent = named == last_named.end() ? i - 1 : named->second;
    ancestors[i] = ancestors[parent];
    if (!hops[parent].scopes.empty()) ancestors[i].with_scopes = &hops[parent];
    if (hops[parent].expires_at) ancestors[i].with_expiry = &hops[parent];
  }
  return ancestors;
}

uint64_t BytesOf(const Finding& finding) {
  return sizeof finding + finding.text.size() + finding.envelope_id.size() + finding.seqs.size() * sizeof(uint64_t);
}

}  // namespace

EnvelopeFindings::EnvelopeFindings(const Envelope& envelope, const FindingOptions& options,
                                   std::function<void(Finding)> take)
    : envelope_(envelope), options_(options), take_(std::move(take)) {}

void EnvelopeFindings::Add(const Record& record) {
  ++records_;
  if (record.transition.decision) decision_gives_reasons_ = !record.transition.decision->reasons.empty();
  if (record.transition.granted) Grant(record);
  if (record.transition.decision) Decided(record);
  Skew(record);
  if (record.transition.stage == Stage::kStarted) Lease(record);
  Order(record);
  Producer(record);
}

void EnvelopeFindings::Finish() {
  Delegation();
  Deadline();
  Skewed();
  Disordered();
  CrossProducer();
  TakeAll();
}

// The result may be changed until the next finding.
Finding& EnvelopeFindings::Found(FindingKind kind, Severity severity, std::vector<uint64_t> seqs, Nanos when,
                                 std::string text) {
  if (waiting_bytes_ > kMaxWaitingBytes) TakeAll();
  std::sort(seqs.begin(), seqs.end());
  seqs.erase(std::unique(seqs.begin(), seqs.end()), seqs.end());
  Finding& finding = waiting_.emplace_back(Finding{kind, severity, envelope_.envelope_id, std::move(seqs), when,
                                                   envelope_.identity.requester, std::move(text)});
  waiting_bytes_ += BytesOf(finding);
  return finding;
}

void EnvelopeFindings::TakeAll() {
  std::stable_sort(waiting_.begin(), waiting_.end(),
                   [](const Finding& a, const Finding& b) { return a.kind < b.kind; });
  for (Finding& finding : waiting_) take_(std::move(finding));
  waiting_.clear();
  waiting_bytes_ = 0;
}

// Compares a grant with the request and with the grant before it.
void EnvelopeFindings::Grant(const Record& record) {
  const Granted& granted = *record.transition.granted;
  Resources(record, granted, granted_);
  Scopes(record, granted, granted_);
  granted_ = granted;
  granted_by_ = record.seq;
}

void EnvelopeFindings::Resources(const Record& record, const Granted& granted, const Granted& before) {
  if (envelope_.requested.empty()) return;  // the request states no resources
  std::vector<std::string> more;
  std::vector<std::string> unasked;
  std::vector<std::string> less;
  for (const auto& [name, relation] : RelationOf(envelope_.requested, granted.resources)) {
    const Resource* given = FindResource(granted.resources, name);
    const Resource* given_before = FindResource(before.resources, name);
    if (given == nullptr || (given_before != nullptr && *given_before == *given)) continue;
    const Resource* asked = FindResource(envelope_.requested, name);
    if (relation == Relation::kWidened) more.push_back(name + " " + Amount(*given) + " for " + Amount(*asked));
    if (relation == Relation::kAdded && given->amount != 0) unasked.push_back(name + " " + Amount(*given));
    if (relation == Relation::kNarrowed || relation == Relation::kWithheld) {
      less.push_back(name + " " + Amount(*given) + " for " + Amount(*asked));
    }
  }
  const std::vector<uint64_t> seqs = {envelope_.first_seq, record.seq};
  if (!more.empty()) {
    Found(FindingKind::kWidenedGrant, Severity::kWarning, seqs, At(record),
          "granted more than requested: " + Joined(more, ", ") + (unasked.empty() ? "" : "; not requested: ") +
              Joined(unasked, ", "));
  } else if (!unasked.empty()) {
    Found(FindingKind::kWidenedGrant, Severity::kNotice, seqs, At(record),
          "granted resources that were not requested: " + Joined(unasked, ", "));
  }
  if (!less.empty() && !Explained(record, granted)) {
    Found(FindingKind::kUnexplainedNarrowing, Severity::kWarning, seqs, At(record),
          "granted less than requested, without a reason: " + Joined(less, ", "));
  }
}

// Whether the grant, its record or its decision gives a reason. Its decision is its own, or the latest one before it.
bool EnvelopeFindings::Explained(const Record& record, const Granted& granted) const {
  return !granted.reason.empty() || !record.transition.reason.empty() || decision_gives_reasons_;
}

void EnvelopeFindings::Scopes(const Record& record, const Granted& granted, const Granted& before) {
  const std::vector<std::string>& asked = envelope_.scope.requested_scopes;
  std::set<std::string_view> known(asked.begin(), asked.end());
  known.insert(before.scopes.begin(), before.scopes.end());
  std::vector<std::string> grown;
  for (const std::string& scope : granted.scopes) {
    if (known.insert(scope).second) grown.push_back(scope);
  }
  if (grown.empty()) return;
  Found(FindingKind::kScopeNotRequested, asked.empty() ? Severity::kNotice : Severity::kWarning,
        {envelope_.first_seq, record.seq}, At(record),
        "granted " + Quoted(grown) +
            (asked.empty() ? "; the request asked for no scopes" : "; the request asked for " + Quoted(asked)));
}

void EnvelopeFindings::Decided(const Record& record) {
  const Decision& decision = *record.transition.decision;
  const Stage stage = record.transition.stage;
  if (!decision.decider || stage == Stage::kCancelled || stage == Stage::kRevoked) return;
  if (decision.effect != Effect::kAllow && decision.effect != Effect::kNarrow) return;
  const Principal& decider = *decision.decider;
  if (decider.kind == PrincipalKind::kAnonymous) return;
  const bool requester = decider == envelope_.identity.requester;
  if (!requester && decider != envelope_.identity.subject) return;
  Found(FindingKind::kSelfApproval, Severity::kAlert, {envelope_.first_seq, record.seq}, At(record),
        Who(decider) + " decided \"" + std::string(Name(decision.effect)) + "\" on a request " +
            (requester ? "of its own" : "made on its behalf"))
      .who = decider;
}

void EnvelopeFindings::Delegation() {
  const std::vector<DelegationHop>& hops = envelope_.identity.delegation;
  const std::vector<Ancestors> ancestors = AncestorsOf(hops);
  std::map<const DelegationHop*, std::set<std::string_view>> scopes_of;
  for (size_t i = 0; i < hops.size(); ++i) {
    const DelegationHop& hop = hops[i];
    const auto place = [&] { return "hop " + std::to_string(i + 1) + ", " + Who(hop.actor) + ","; };
    if (const DelegationHop* above = ancestors[i].with_scopes; above != nullptr && !hop.scopes.empty()) {
      std::set<std::string_view>& had = scopes_of[above];
      if (had.empty()) had.insert(above->scopes.begin(), above->scopes.end());
      std::vector<std::string> grown;
      for (const std::string& scope : hop.scopes) {
        if (!had.contains(scope)) grown.push_back(scope);
      }
      if (!grown.empty()) {
        Found(FindingKind::kDelegationWidened, Severity::kAlert, {envelope_.first_seq}, envelope_.opened_at,
              place() + " has " + Quoted(grown) + ", which " + Who(above->actor) + " does not have")
            .who = hop.actor;
      }
    }
    const DelegationHop* above = ancestors[i].with_expiry;
    if (above != nullptr && hop.expires_at && *hop.expires_at > *above->expires_at) {
      Found(FindingKind::kDelegationOutlived, Severity::kWarning, {envelope_.first_seq}, envelope_.opened_at,
            place() + " expires at " + FormatTime(*hop.expires_at) + ", " +
                FormatSpan(*hop.expires_at - *above->expires_at) + " after " + Who(above->actor))
          .who = hop.actor;
    }
  }
}

void EnvelopeFindings::Deadline() {
  const auto& deadline = envelope_.execution.deadline;
  if (!deadline || IsTerminal(envelope_.stage) || *deadline >= options_.now) return;
  Found(FindingKind::kOpenPastDeadline, Severity::kWarning, {envelope_.first_seq, envelope_.last_seq},
        envelope_.updated_at,
        std::string(Name(envelope_.stage)) + " since " + FormatTime(envelope_.updated_at) + ", past the deadline " +
            FormatTime(*deadline) + " by " + FormatSpan(options_.now - *deadline));
}

void EnvelopeFindings::Skew(const Record& record) {
  const Moment moment{record.seq, At(record), record.recorded_at};
  if (moment.Distance() <= options_.max_skew) return;
  skewed_.push_back(record.seq);
  last_skew_ = moment;
  if (!worst_skew_ || moment.Distance() > worst_skew_->Distance()) worst_skew_ = moment;
}

void EnvelopeFindings::Skewed() {
  if (!worst_skew_) return;
  const size_t count = skewed_.size();
  const bool after = worst_skew_->recorded_at > worst_skew_->at;
  Found(FindingKind::kOccurredFarFromRecorded, Severity::kNotice, std::move(skewed_), last_skew_->at,
        std::to_string(count) + (count == 1 ? " record" : " records") + " of " + std::to_string(records_) +
            "; the worst, entry " + std::to_string(worst_skew_->seq) + ", was recorded " +
            FormatSpan(worst_skew_->Distance()) + (after ? " after" : " before") + " it is said to have occurred");
}

void EnvelopeFindings::Lease(const Record& record) {
  const auto& expires = granted_.expires_at;
  if (!granted_by_ || !expires || At(record) < *expires) return;
  Found(FindingKind::kStartedAfterLease, Severity::kAlert, {*granted_by_, record.seq}, At(record),
        "started at " + FormatTime(At(record)) + "; the grant expired at " + FormatTime(*expires));
}

// A producer is its name and its uid, as for the right to append (sealing/ownership.h).
void EnvelopeFindings::Producer(const Record& record) {
  if (records_ == 1) opener_ = record.recorder;
  if (record.recorder.uid == opener_.uid || record.recorder.producer == opener_.producer) return;
  if (by_others_.empty()) first_other_ = record.recorder;
  by_others_.push_back(record.seq);
  last_by_other_ = At(record);
}

void EnvelopeFindings::CrossProducer() {
  if (by_others_.empty()) return;
  const auto name = [](const Recorder& who) { return who.producer + " (uid " + std::to_string(who.uid) + ")"; };
  const size_t count = by_others_.size();
  Found(FindingKind::kCrossProducer, Severity::kNotice, std::move(by_others_), last_by_other_,
        std::to_string(count) + (count == 1 ? " record" : " records") + " of " + std::to_string(records_) +
            " by other producers, first " + name(first_other_) + "; the envelope was opened by " + name(opener_));
}

void EnvelopeFindings::Order(const Record& record) {
  const Moment moment{record.seq, At(record), record.recorded_at};
  if (!latest_ || moment.at >= latest_->at) {
    latest_ = moment;
    return;
  }
  disordered_.push_back(latest_->seq);
  disordered_.push_back(record.seq);
  worst_step_ = std::max(worst_step_, latest_->at - moment.at);
  last_disordered_ = moment;
  ++steps_back_;
}

void EnvelopeFindings::Disordered() {
  if (!last_disordered_) return;
  Found(FindingKind::kOccurredBackwards, Severity::kNotice, std::move(disordered_), last_disordered_->at,
        std::to_string(steps_back_) + (steps_back_ == 1 ? " record" : " records") +
            " occurred before an earlier one, by up to " + FormatSpan(worst_step_));
}

std::string_view Name(FindingKind kind) {
  const auto index = static_cast<size_t>(kind);
  return index < kKinds.size() ? kKinds[index].name : "unknown";
}

std::optional<FindingKind> ParseFindingKind(std::string_view name) {
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].name == name) return static_cast<FindingKind>(i);
  }
  return std::nullopt;
}

std::string_view ExplanationOf(FindingKind kind) {
  const auto index = static_cast<size_t>(kind);
  return index < kKinds.size() ? kKinds[index].explanation : "";
}

std::string_view Name(Severity severity) {
  switch (severity) {
    case Severity::kNotice:
      return "notice";
    case Severity::kWarning:
      return "warning";
    case Severity::kAlert:
      return "alert";
  }
  return "unknown";
}

std::optional<Severity> ParseSeverity(std::string_view name) {
  for (const Severity severity : {Severity::kNotice, Severity::kWarning, Severity::kAlert}) {
    if (Name(severity) == name) return severity;
  }
  return std::nullopt;
}

std::vector<Finding> FindingsOf(const Envelope& envelope, const std::vector<Record>& records,
                                const FindingOptions& options) {
  std::vector<Finding> all;
  EnvelopeFindings findings(envelope, options, [&all](Finding finding) { all.push_back(std::move(finding)); });
  for (const Record& record : records) findings.Add(record);
  findings.Finish();
  return all;
}

void LedgerFindings::AddRecord(const Record& record) {
  const auto [it, fresh] = recorders_.try_emplace(record.recorder.producer);
  if (!fresh && it->second.seq <= record.seq) return;
  Record& first = it->second;
  first.seq = record.seq;
  first.recorded_at = record.recorded_at;
  first.recorder = record.recorder;
  first.transition.envelope_id = record.transition.envelope_id;
  first.transition.occurred_at = record.transition.occurred_at;
}

Result<std::optional<Finding>> LedgerFindings::ClockStep(std::string_view entry_bytes) {
  ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(entry_bytes));
  const auto* step = entry.event ? std::get_if<ClockStepped>(&*entry.event) : nullptr;
  if (step == nullptr) return std::optional<Finding>();
  return std::optional(Finding{.kind = FindingKind::kClockStep,
                               .severity = Severity::kWarning,
                               .envelope_id = "",
                               .seqs = {entry.header.seq},
                               .when = entry.header.recorded_at,
                               .who = std::nullopt,
                               .text = "the ledger's clock went from " + FormatTime(step->from) + " to " +
                                       FormatTime(step->to) + ", by " + FormatSpan(SpanBetween(step->from, step->to))});
}

Finding LedgerFindings::NewRecorder(const Record& first) {
  return {.kind = FindingKind::kNewRecorder,
          .severity = Severity::kNotice,
          .envelope_id = "",
          .seqs = {first.seq},
          .when = first.recorded_at,
          .who = std::nullopt,
          .text = "producer " + first.recorder.producer + " (uid " + std::to_string(first.recorder.uid) +
                  ") was first recorded with envelope " + first.transition.envelope_id};
}

}  // namespace envledger
