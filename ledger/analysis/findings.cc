// What counts as a finding stands beside each kind in the header; two decisions run through all of them here.
//
// First, what is not stated is not judged: a hop that states no scopes or no expiry has its parent's, a request without
// any resource asked for nothing that could be widened. Scopes are opaque strings, compared byte by byte: whether
// "models/*" covers "models/7" is the business of whoever issued them.
//
// Second, every grant counts, not only the last. A grant of twice the ask that was narrowed again an hour later was in
// force for an hour. What a grant only repeats from the one before it is no news, so an unchanged renewal adds nothing.
#include "ledger/analysis/findings.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

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
    {"new_recorder", "A producer wrote to the ledger for the first time."},
    {"clock_step", "The clock of the ledger's machine went backwards."},
}};

std::string Quoted(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "\"" : ", \"") + word + "\"";
  return text;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
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

const Resource* Find(const ResourceMap& resources, std::string_view name) {
  const auto it = std::find_if(resources.begin(), resources.end(), [&](const Resource& r) { return r.name == name; });
  return it == resources.end() ? nullptr : &*it;
}

Nanos At(const Record& record) { return record.transition.occurred_at.value_or(0); }

class EnvelopeFindings {
 public:
  EnvelopeFindings(const Envelope& envelope, const std::vector<Record>& records, const FindingOptions& options)
      : envelope_(envelope), records_(records), options_(options) {}

  std::vector<Finding> All() {
    Grants();
    Decisions();
    Delegation();
    Deadline();
    Skew();
    Leases();
    Order();
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return a.kind < b.kind; });
    return std::move(findings_);
  }

 private:
  Finding& Add(FindingKind kind, Severity severity, std::vector<uint64_t> seqs, Nanos when, std::string text) {
    std::sort(seqs.begin(), seqs.end());
    seqs.erase(std::unique(seqs.begin(), seqs.end()), seqs.end());
    findings_.push_back(
        {kind, severity, envelope_.envelope_id, std::move(seqs), when, envelope_.identity.requester, std::move(text)});
    return findings_.back();
  }

  // Each grant against the request, and against what the grant before said of the same thing.
  void Grants() {
    const Granted nothing;
    const Granted* before = &nothing;
    const Decision* decision = nullptr;
    for (const Record& record : records_) {
      if (record.transition.decision) decision = &*record.transition.decision;
      if (!record.transition.granted) continue;
      const Granted& granted = *record.transition.granted;
      Resources(record, granted, *before, decision);
      Scopes(record, granted, *before);
      before = &granted;
    }
  }

  void Resources(const Record& record, const Granted& granted, const Granted& before, const Decision* decision) {
    if (envelope_.requested.empty()) return;  // states no ask
    std::vector<std::string> more;
    std::vector<std::string> unasked;
    std::vector<std::string> less;
    for (const auto& [name, relation] : RelationOf(envelope_.requested, granted.resources)) {
      const Resource* given = Find(granted.resources, name);
      const Resource* given_before = Find(before.resources, name);
      if (given == nullptr || (given_before != nullptr && *given_before == *given)) continue;
      const Resource* asked = Find(envelope_.requested, name);
      if (relation == Relation::kWidened) more.push_back(name + " " + Amount(*given) + " for " + Amount(*asked));
      if (relation == Relation::kAdded && given->amount != 0) unasked.push_back(name + " " + Amount(*given));
      if (relation == Relation::kNarrowed || relation == Relation::kWithheld) {
        less.push_back(name + " " + Amount(*given) + " for " + Amount(*asked));
      }
    }
    const std::vector<uint64_t> seqs = {envelope_.first_seq, record.seq};
    if (!more.empty()) {
      Add(FindingKind::kWidenedGrant, Severity::kWarning, seqs, At(record),
          "granted more than requested: " + Joined(more) + (unasked.empty() ? "" : "; not requested: ") +
              Joined(unasked));
    } else if (!unasked.empty()) {
      Add(FindingKind::kWidenedGrant, Severity::kNotice, seqs, At(record),
          "granted what was not requested: " + Joined(unasked));
    }
    if (!less.empty() && !Explained(record, granted, decision)) {
      Add(FindingKind::kUnexplainedNarrowing, Severity::kWarning, seqs, At(record),
          "granted less than requested, without a reason: " + Joined(less));
    }
  }

  // By the grant, its record, or the decision that it rests on: its own, or else the latest before it.
  static bool Explained(const Record& record, const Granted& granted, const Decision* decision) {
    if (!granted.reason.empty() || !record.transition.reason.empty()) return true;
    return decision != nullptr && !decision->reasons.empty();
  }

  void Scopes(const Record& record, const Granted& granted, const Granted& before) {
    const std::vector<std::string>& asked = envelope_.scope.requested_scopes;
    std::set<std::string_view> known(asked.begin(), asked.end());
    known.insert(before.scopes.begin(), before.scopes.end());
    std::vector<std::string> grown;
    for (const std::string& scope : granted.scopes) {
      if (known.insert(scope).second) grown.push_back(scope);
    }
    if (grown.empty()) return;
    Add(FindingKind::kScopeNotRequested, asked.empty() ? Severity::kNotice : Severity::kWarning,
        {envelope_.first_seq, record.seq}, At(record),
        "granted " + Quoted(grown) +
            (asked.empty() ? "; the request asked for no scopes" : "; requested was " + Quoted(asked)));
  }

  void Decisions() {
    for (const Record& record : records_) {
      const auto& decision = record.transition.decision;
      if (!decision || !decision->decider || record.transition.stage == Stage::kCancelled ||
          record.transition.stage == Stage::kRevoked) {
        continue;
      }
      if (decision->effect != Effect::kAllow && decision->effect != Effect::kNarrow) continue;
      const Principal& decider = *decision->decider;
      if (decider.kind == PrincipalKind::kAnonymous) continue;
      const bool requester = decider == envelope_.identity.requester;
      if (!requester && decider != envelope_.identity.subject) continue;
      Add(FindingKind::kSelfApproval, Severity::kAlert, {envelope_.first_seq, record.seq}, At(record),
          Who(decider) + " decided \"" + std::string(Name(decision->effect)) + "\" on a request " +
              (requester ? "of its own" : "made on its behalf"))
          .who = decider;
    }
  }

  // Of each hop, the nearest ancestors that state something. A hop was delegated from the one before it that its
  // parent_id names, else from the one just before. One pass, each hop from its parent's: a chain may have thousands.
  struct Ancestors {
    const DelegationHop* with_scopes = nullptr;
    const DelegationHop* with_expiry = nullptr;
  };
  static std::vector<Ancestors> AncestorsOf(const std::vector<DelegationHop>& hops) {
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

  void Delegation() {
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
          Add(FindingKind::kDelegationWidened, Severity::kAlert, {envelope_.first_seq}, envelope_.opened_at,
              place() + " has " + Quoted(grown) + ", which " + Who(above->actor) + " does not have")
              .who = hop.actor;
        }
      }
      const DelegationHop* above = ancestors[i].with_expiry;
      if (above != nullptr && hop.expires_at && *hop.expires_at > *above->expires_at) {
        Add(FindingKind::kDelegationOutlived, Severity::kWarning, {envelope_.first_seq}, envelope_.opened_at,
            place() + " expires at " + FormatTime(*hop.expires_at) + ", " +
                FormatSpan(*hop.expires_at - *above->expires_at) + " after " + Who(above->actor))
            .who = hop.actor;
      }
    }
  }

  void Deadline() {
    const auto& deadline = envelope_.execution.deadline;
    if (!deadline || IsTerminal(envelope_.stage) || *deadline >= options_.now) return;
    Add(FindingKind::kOpenPastDeadline, Severity::kWarning, {envelope_.first_seq, envelope_.last_seq},
        envelope_.updated_at,
        std::string(Name(envelope_.stage)) + " since " + FormatTime(envelope_.updated_at) + ", past the deadline " +
            FormatTime(*deadline) + " by " + FormatSpan(options_.now - *deadline));
  }

  void Skew() {
    std::vector<uint64_t> seqs;
    const Record* worst = nullptr;
    const Record* last = nullptr;
    const auto skew = [](const Record& record) { return record.recorded_at - At(record); };
    const auto distance = [&](const Record& record) { return skew(record) < 0 ? -skew(record) : skew(record); };
    for (const Record& record : records_) {
      if (distance(record) <= options_.max_skew) continue;
      seqs.push_back(record.seq);
      last = &record;
      if (worst == nullptr || distance(record) > distance(*worst)) worst = &record;
    }
    if (worst == nullptr) return;
    Add(FindingKind::kOccurredFarFromRecorded, Severity::kNotice, seqs, At(*last),
        std::to_string(seqs.size()) + (seqs.size() == 1 ? " record" : " records") + " of " +
            std::to_string(records_.size()) + "; the worst, entry " + std::to_string(worst->seq) + ", was recorded " +
            FormatSpan(distance(*worst)) + (skew(*worst) > 0 ? " after" : " before") + " it is said to have occurred");
  }

  void Leases() {
    const Record* grant = nullptr;
    for (const Record& record : records_) {
      if (record.transition.granted) grant = &record;
      if (record.transition.stage != Stage::kStarted || grant == nullptr) continue;
      const auto& expires = grant->transition.granted->expires_at;
      if (!expires || At(record) < *expires) continue;
      Add(FindingKind::kStartedAfterLease, Severity::kAlert, {grant->seq, record.seq}, At(record),
          "started at " + FormatTime(At(record)) + "; the grant expired at " + FormatTime(*expires));
    }
  }

  void Order() {
    std::vector<uint64_t> seqs;
    Nanos worst = 0;
    const Record* last = nullptr;
    const Record* latest = nullptr;
    size_t steps = 0;
    for (const Record& record : records_) {
      if (latest != nullptr && At(record) < At(*latest)) {
        seqs.push_back(latest->seq);
        seqs.push_back(record.seq);
        worst = std::max(worst, At(*latest) - At(record));
        last = &record;
        ++steps;
      } else {
        latest = &record;
      }
    }
    if (last == nullptr) return;
    Add(FindingKind::kOccurredBackwards, Severity::kNotice, seqs, At(*last),
        std::to_string(steps) + (steps == 1 ? " record" : " records") + " occurred before an earlier one, by up to " +
            FormatSpan(worst));
  }

  const Envelope& envelope_;
  const std::vector<Record>& records_;
  const FindingOptions& options_;
  std::vector<Finding> findings_;
};

}  // namespace

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
  return EnvelopeFindings(envelope, records, options).All();
}

void LedgerFindings::AddRecords(const std::vector<Record>& records) {
  for (const Record& record : records) {
    const auto [it, fresh] = recorders_.try_emplace(record.recorder.producer);
    if (!fresh && it->second.seq <= record.seq) continue;
    Record& first = it->second;
    first.seq = record.seq;
    first.recorded_at = record.recorded_at;
    first.recorder = record.recorder;
    first.transition.envelope_id = record.transition.envelope_id;
    first.transition.occurred_at = record.transition.occurred_at;
  }
}

Status LedgerFindings::AddEvent(std::string_view entry_bytes) {
  ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(entry_bytes));
  const auto* step = entry.event ? std::get_if<ClockStepped>(&*entry.event) : nullptr;
  if (step == nullptr) return Ok();
  clock_steps_[entry.header.seq] = {.kind = FindingKind::kClockStep,
                                    .severity = Severity::kWarning,
                                    .envelope_id = "",
                                    .seqs = {entry.header.seq},
                                    .when = entry.header.recorded_at,
                                    .who = std::nullopt,
                                    .text = "the ledger's clock went from " + FormatTime(step->from) + " to " +
                                            FormatTime(step->to) + ", by " + FormatSpan(step->to - step->from)};
  return Ok();
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

std::vector<Finding> LedgerFindings::ClockSteps() const {
  std::vector<Finding> findings;
  for (const auto& [seq, finding] : clock_steps_) findings.push_back(finding);
  return findings;
}

std::vector<Finding> LedgerFindings::Findings() const {
  std::vector<Finding> findings = ClockSteps();
  for (const auto& [producer, first] : recorders_) findings.push_back(NewRecorder(first));
  std::sort(findings.begin(), findings.end(),
            [](const Finding& a, const Finding& b) { return a.seqs.front() < b.seqs.front(); });
  return findings;
}

}  // namespace envledger
