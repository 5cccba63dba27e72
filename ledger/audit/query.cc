// A query walks the posting list of its most selective facet, loads each envelope that the list names, folds it and
// checks every other filter on what came out. The index thus only proposes; what is answered was read from the log.
//
// Envelopes come in the order of the record by which the list found them first. That record, not a position in memory,
// is the cursor, so a cursor stays valid while the ledger grows.
#include <algorithm>
#include <limits>

#include "ledger/audit/candidates.h"
#include "ledger/audit/filter.h"
#include "ledger/audit/index_keys.h"
#include "ledger/audit/view.h"

namespace envledger {
namespace {

// More `requested` records than this in a range of time are not sorted in memory: the list of all envelopes is walked.
constexpr size_t kMaxSortedCandidates = 1'000'000;

RoleMask RolesIn(const Transition& transition, const std::function<bool(const Principal&)>& matches) {
  RoleMask roles = 0;
  if (transition.identity) {
    const Identity& identity = *transition.identity;
    if (matches(identity.requester)) roles |= kRequester;
    if (identity.subject && matches(*identity.subject)) roles |= kSubject;
    for (const DelegationHop& hop : identity.delegation) {
      if (matches(hop.actor)) roles |= kDelegate;
    }
  }
  if (transition.decision && transition.decision->decider && matches(*transition.decision->decider)) roles |= kDecider;
  return roles;
}

bool Matches(const PrincipalFilter& filter, const Principal& principal) {
  return (filter.kind == PrincipalKind::kUnspecified || principal.kind == filter.kind) &&
         (!filter.issuer || principal.issuer == *filter.issuer) && principal.id == filter.id;
}

RoleMask RolesIn(const std::vector<Record>& records, const PrincipalFilter& filter) {
  RoleMask roles = 0;
  for (const Record& record : records) {
    roles |= RolesIn(record.transition, [&](const Principal& principal) { return Matches(filter, principal); });
  }
  return roles;
}

bool HasNativeId(const Transition& transition, const std::string& id) {
  if (!transition.routing) return false;
  const auto& ids = transition.routing->native_ids;
  return std::any_of(ids.begin(), ids.end(), [&](const KeyValue& pair) { return pair.value == id; });
}

// The facet that the walk follows, and which record of an envelope is the first to carry it.
struct Driver {
  Facet facet = kFacetOpened;
  std::string value;

  bool Carries(const Record& record) const {
    switch (facet) {
      case Facet::kRecorder:
        return record.recorder.producer == value;
      case Facet::kNativeId:
        return HasNativeId(record.transition, value);
      default:
        return record.revision == 0;  // the other facets are of the families that only `requested` carries
    }
  }
};

bool NamesTarget(const Execution& execution, const std::string& name) {
  return std::any_of(execution.targets.begin(), execution.targets.end(),
                     [&](const Target& target) { return target.id == name || target.type + ":" + target.id == name; });
}

bool NamesScope(const Scope& scope, const std::string& name) {
  return scope.id == name || (!scope.id.empty() && scope.kind + ":" + scope.id == name);
}

std::string TraceIdOf(const std::optional<Correlation>& correlation) {
  return correlation && correlation->traceparent.size() >= 35 ? correlation->traceparent.substr(3, 32) : std::string();
}

bool IsNarrowed(const RelationMap& relations) {
  return std::any_of(relations.begin(), relations.end(), [](const auto& pair) {
    return pair.second == Relation::kNarrowed || pair.second == Relation::kWithheld;
  });
}

}  // namespace

bool PassesFilters(const QueryRequest& q, const Envelope& envelope, const std::vector<Record>& records) {
  const Nanos recorded_at = records.front().recorded_at;
  if (q.since && envelope.opened_at < *q.since) return false;
  if (q.until && envelope.opened_at >= *q.until) return false;
  if (q.recorded_since && recorded_at < *q.recorded_since) return false;
  if (q.recorded_until && recorded_at >= *q.recorded_until) return false;
  if (!q.tenant.empty() && envelope.identity.tenant != q.tenant) return false;
  if (q.kind != ExecutionKind::kUnspecified && envelope.execution.kind != q.kind) return false;
  if (!q.target.empty() && !NamesTarget(envelope.execution, q.target)) return false;
  if (!q.scope.empty() && !NamesScope(envelope.scope, q.scope)) return false;
  if (!q.stages.empty() && std::find(q.stages.begin(), q.stages.end(), envelope.stage) == q.stages.end()) return false;
  if (q.open && IsTerminal(envelope.stage)) return false;
  if (q.narrowed && !IsNarrowed(envelope.relation)) return false;
  if (!q.request_id.empty() && (!envelope.correlation || envelope.correlation->request_id != q.request_id))
    return false;
  if (!q.trace_id.empty() && TraceIdOf(envelope.correlation) != q.trace_id) return false;
  const auto any = [&](auto&& test) { return std::any_of(records.begin(), records.end(), test); };
  if (!q.recorder.empty() && !any([&](const Record& r) { return r.recorder.producer == q.recorder; })) return false;
  return q.native_id.empty() || any([&](const Record& r) { return HasNativeId(r.transition, q.native_id); });
}

RoleMask RolesHeld(const std::vector<Record>& records, const PrincipalFilter& filter) {
  return RolesIn(records, filter);
}

namespace {

// FNV-1a over the filters: a cursor of another query is refused instead of giving a strange answer.
std::string Fingerprint(QueryRequest query) {
  query.cursor.clear();
  query.limit = 0;
  const std::string bytes = EncodeRequest({0, query});
  uint64_t hash = 14695981039346656037u;
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
  return Hex(U64Key(hash));
}

Result<std::optional<uint64_t>> ParseCursor(const QueryRequest& request) {
  if (request.cursor.empty()) return std::optional<uint64_t>();
  const std::string begin = Fingerprint(request) + "-";
  const std::string_view cursor = request.cursor;
  const auto seq = cursor.substr(0, begin.size()) == begin ? ParseDecimal(cursor.substr(begin.size())) : std::nullopt;
  if (!seq) return InvalidField("cursor", "not a cursor of this query: " + request.cursor.substr(0, 64));
  return std::optional<uint64_t>(*seq);
}

class QueryRun {
 public:
  QueryRun(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits)
      : view_(view), request_(request), limits_(limits) {
    max_envelopes_ = request.limit == 0 ? limits.max_envelopes : std::min(request.limit, limits.max_envelopes);
    response_.completeness = CompletenessOf(view);
  }

  Result<QueryResponse> Run() {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto after, ParseCursor(request_));
    // A hole in an index is the answer's incompleteness, to be shown with what was found, not a failure to answer.
    const Status status = Walk(after);
    if (status.code() == Code::kCorruption) {
      Problem(status.message());
    } else {
      ENVLEDGER_RETURN_IF_ERROR(status);
    }
    return std::move(response_);
  }

 private:
  Status Walk(std::optional<uint64_t> after) {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto candidates, Plan(after));
    std::optional<uint64_t> last = after;
    for (;;) {
      ENVLEDGER_ASSIGN_OR_RETURN(const auto candidate, candidates->Next());
      if (!candidate) return Ok();
      if (Full()) {
        response_.completeness.next_cursor = Fingerprint(request_) + "-" + std::to_string(*last);
        return Ok();
      }
      ENVLEDGER_ASSIGN_OR_RETURN(const std::optional<Record> found, Find(*candidate));
      const bool again = last == candidate->seq;  // two principals of one record
      last = candidate->seq;
      if (found && !again) ENVLEDGER_RETURN_IF_ERROR(Consider(*candidate, *found));
    }
  }

  bool Full() const {
    return response_.envelopes.size() >= max_envelopes_ || records_ >= limits_.max_records ||
           bytes_ >= limits_.max_bytes || response_.completeness.scanned >= limits_.max_scanned;
  }

  // The most selective facet first, by what such values usually name: one request, one thing, one principal, many.
  Result<std::unique_ptr<Candidates>> Plan(std::optional<uint64_t> after) {
    const QueryRequest& q = request_;
    if (!q.request_id.empty()) {
      driver_ = {Facet::kRequestId, q.request_id};
    } else if (!q.trace_id.empty()) {
      driver_ = {Facet::kTraceId, q.trace_id};
    } else if (!q.native_id.empty()) {
      driver_ = {Facet::kNativeId, q.native_id};
    } else if (!q.target.empty()) {
      driver_ = {Facet::kTarget, q.target};
    } else if (q.principal) {
      by_principal_ = true;
      // In any role: an envelope's place is where the principal appears first, whatever role it is asked for.
      PrincipalFilter any_role = *q.principal;
      any_role.roles = 0;
      return PrincipalCandidates(view_, any_role, q.descending, after);
    } else if (!q.tenant.empty()) {
      driver_ = {Facet::kTenant, q.tenant};
    } else if (!q.scope.empty()) {
      driver_ = {Facet::kScope, q.scope};
    } else if (q.since || q.until) {
      ENVLEDGER_ASSIGN_OR_RETURN(auto in_time, TimeCandidates(view_, std::max<Nanos>(0, q.since.value_or(0)),
                                                              q.until.value_or(std::numeric_limits<Nanos>::max()),
                                                              q.descending, after, kMaxSortedCandidates));
      if (in_time) return in_time;
    } else if (!q.recorder.empty()) {
      driver_ = {Facet::kRecorder, q.recorder};
    } else if (q.kind != ExecutionKind::kUnspecified) {
      driver_ = {Facet::kKind, std::string(Name(q.kind))};
    }
    return FacetCandidates(view_, FacetPrefix(driver_.facet, driver_.value), q.descending, after);
  }

  void Problem(std::string text) {
    Completeness& completeness = response_.completeness;
    if (completeness.problem.empty()) completeness.problem = std::move(text);
    completeness.complete = false;
  }

  // The record that the index names; nothing, with the problem noted, when there is none. A principal's list is the
  // promise that nothing was left out, so it is followed no further than the entries themselves confirm it.
  Result<std::optional<Record>> Find(const Candidate& candidate) {
    ++response_.completeness.scanned;
    const auto bytes = view_.log->Read(candidate.seq);
    if (!bytes.ok() && bytes.status().code() != Code::kNotFound) return bytes.status();
    auto record = bytes.ok() ? DecodeRecord(*bytes) : Result<Record>(bytes.status());
    if (candidate.principal != nullptr) {
      if (record.ok() && CarriesLink(*record, *candidate.principal, candidate.ordinal))
        return std::optional(*std::move(record));
      return MisplacedOrdinal(candidate.principal->id, candidate.ordinal, candidate.seq);
    }
    if (record.ok()) return std::optional(*std::move(record));
    Problem("the index gives entry " + std::to_string(candidate.seq) + ": " + record.status().message());
    return std::optional<Record>();
  }

  Status Consider(const Candidate& candidate, const Record& found) {
    // The `requested` record's times can rule an envelope out before the rest of it is read.
    if (found.revision == 0 && ExcludedByTime(found)) return Ok();
    auto loaded = LoadEnvelope(view_, found.transition.envelope_id);
    if (!loaded.ok() && (loaded.status().code() == Code::kNotFound || loaded.status().code() == Code::kCorruption)) {
      Problem("entry " + std::to_string(candidate.seq) + ": " + loaded.status().message());
      return Ok();
    }
    ENVLEDGER_RETURN_IF_ERROR(loaded.status());
    StoredEnvelope& stored = *loaded;
    response_.completeness.scanned += stored.records.size();
    if (!stored.problem.empty()) Problem(stored.problem);
    if (!IsFirstHit(stored.records, candidate.seq)) return Ok();
    const RoleMask roles = request_.principal ? RolesIn(stored.records, *request_.principal) : RoleMask{0};
    if (request_.principal &&
        (roles == 0 || (request_.principal->roles != 0 && (roles & request_.principal->roles) == 0))) {
      return Ok();
    }
    const Envelope envelope = FoldEnvelope(stored.records);
    if (!PassesFilters(request_, envelope, stored.records)) return Ok();
    records_ += stored.entries.size();
    for (const std::string& entry : stored.entries) bytes_ += entry.size();
    response_.envelopes.push_back({envelope.envelope_id, roles, std::move(stored.entries)});
    return Ok();
  }

  bool ExcludedByTime(const Record& requested) const {
    const Nanos occurred_at = requested.transition.occurred_at.value_or(0);
    return (request_.since && occurred_at < *request_.since) || (request_.until && occurred_at >= *request_.until);
  }

  // An envelope that the list names several times is answered at the first of its records in the list.
  bool IsFirstHit(const std::vector<Record>& records, uint64_t seq) const {
    for (const Record& record : records) {
      if (record.seq >= seq) return true;
      const bool hit = by_principal_ ? RolesIn({record}, *request_.principal) != 0 : driver_.Carries(record);
      if (hit) return false;
    }
    return true;
  }

  const LedgerView& view_;
  const QueryRequest& request_;
  const AnswerLimits& limits_;
  uint32_t max_envelopes_ = 0;
  Driver driver_;
  bool by_principal_ = false;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
  QueryResponse response_;
};

}  // namespace

Result<QueryResponse> RunQuery(const LedgerView& view, const QueryRequest& request, const AnswerLimits& limits) {
  if (request.principal && request.principal->id.empty())
    return InvalidField("principal.id", "a principal needs an id");
  return QueryRun(view, request, limits).Run();
}

}  // namespace envledger
