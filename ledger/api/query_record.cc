#include "ledger/api/query_record.h"

#include <algorithm>

namespace envledger {
namespace {

std::string Bounded(const std::string& value) {
  if (value.size() <= kMaxRecordedFilterBytes) return value;
  size_t end = kMaxRecordedFilterBytes;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;  // do not cut a UTF-8 sequence
  return value.substr(0, end) + "... (" + std::to_string(value.size()) + " bytes)";
}

class Filters {
 public:
  void Text(const char* name, const std::string& value) {
    if (!value.empty()) list_.push_back({name, Bounded(value)});
  }
  void Number(const char* name, uint64_t value) { list_.push_back({name, std::to_string(value)}); }
  void Limit(uint32_t limit) {
    if (limit != 0) Number("limit", limit);
  }
  void Time(const char* name, std::optional<Nanos> time) {
    if (time) list_.push_back({name, FormatTime(*time)});
  }
  void Flag(const char* name, bool on) {
    if (on) list_.push_back({name, "true"});
  }
  void Principal(const PrincipalFilter& filter) {
    Text("principal", filter.id);
    if (filter.kind != PrincipalKind::kUnspecified) Text("principal_kind", std::string(Name(filter.kind)));
    if (filter.issuer) list_.push_back({"issuer", Bounded(*filter.issuer)});
    Text("role", RoleNames(filter.roles));
  }
  std::vector<KeyValue> Take() { return std::move(list_); }

 private:
  std::vector<KeyValue> list_;
};

void Add(const QueryRequest& q, Filters& filters) {
  if (q.principal) filters.Principal(*q.principal);
  filters.Text("tenant", q.tenant);
  if (q.kind != ExecutionKind::kUnspecified) filters.Text("kind", std::string(Name(q.kind)));
  filters.Text("target", q.target);
  filters.Text("scope", q.scope);
  std::string stages;
  for (const Stage stage : q.stages) stages += (stages.empty() ? "" : ", ") + std::string(Name(stage));
  filters.Text("stage", stages);
  filters.Text("recorder", q.recorder);
  filters.Text("request_id", q.request_id);
  filters.Text("trace_id", q.trace_id);
  filters.Text("native_id", q.native_id);
  filters.Time("since", q.since);
  filters.Time("until", q.until);
  filters.Time("recorded_since", q.recorded_since);
  filters.Time("recorded_until", q.recorded_until);
  filters.Flag("open", q.open);
  filters.Flag("narrowed", q.narrowed);
  std::string relations;
  for (const Relation relation : q.relations) {
    relations += (relations.empty() ? "" : ", ") + std::string(Name(relation));
  }
  filters.Text("relation", relations);
  filters.Text("parent", q.parent);
  filters.Text("node", q.node);
  filters.Flag("delegated", q.delegated);
  filters.Time("at", q.at);
  filters.Flag("scan", q.scan);
  filters.Flag("descending", q.descending);
  filters.Limit(q.limit);
  filters.Text("cursor", q.cursor);
}

// Whether an entry is anything other than a record of a query.
bool TellsMore(const std::string& entry) {
  if (!HoldsEvent(entry)) return true;
  const auto checked = CheckEntry(entry);
  return !checked.ok() || !checked->event || !std::holds_alternative<QueryServed>(*checked->event);
}

bool WorthRecording(const std::vector<std::string>& entries) {
  return std::any_of(entries.begin(), entries.end(), TellsMore);
}

struct Describe {
  const ResponseBody& response;
  Filters filters;
  uint64_t results = 0;
  std::string name = {};  // empty: not recorded

  template <typename T>
  const T* Answer() const {
    return std::get_if<T>(&response);
  }
  void operator()(const QueryRequest& request) {
    Add(request, filters);
    const auto* answer = Answer<QueryResponse>();
    if (answer != nullptr) results = answer->envelopes.size();
    if (answer == nullptr || !IsMiddle(request.cursor, answer->completeness)) name = "query";
  }
  void operator()(const EnvelopeRequest& request) {
    name = "envelope";
    filters.Text("envelope_id", request.envelope_id);
    if (request.from_revision.value_or(0) > 0) filters.Number("from_revision", *request.from_revision);
    results = Answer<EnvelopeResponse>() != nullptr ? 1 : 0;
  }
  void operator()(const PrincipalsRequest& request) {
    filters.Principal(request.filter);
    filters.Limit(request.limit);
    filters.Text("cursor", request.cursor);
    const auto* answer = Answer<PrincipalsResponse>();
    if (answer != nullptr) results = answer->principals.size();
    if (answer == nullptr || !IsMiddle(request.cursor, answer->completeness)) name = "principals";
  }
  void operator()(const EntriesRequest& request) { Entries("entries", request.from_seq, request.limit); }
  void operator()(const FollowRequest& request) { Entries("follow", request.from_seq, request.limit); }
  void operator()(const EventsRequest& request) {
    filters.Text("name", request.name);
    filters.Number("from_seq", request.from_seq);
    filters.Limit(request.limit);
    const auto* answer = Answer<EventsResponse>();
    if (answer == nullptr || !WorthRecording(answer->entries)) return;
    name = "events";
    results = answer->entries.size();
  }
  void operator()(const InclusionProofRequest& request) {
    name = "inclusion_proof";
    filters.Number("seq", request.seq);
    if (request.tree_size) filters.Number("tree_size", *request.tree_size);
    results = Answer<InclusionProofResponse>() != nullptr ? 1 : 0;
  }
  void operator()(const ConsistencyProofRequest& request) {
    name = "consistency_proof";
    filters.Number("old_size", request.old_size);
    if (request.new_size) filters.Number("new_size", *request.new_size);
    results = Answer<ConsistencyProofResponse>() != nullptr ? 1 : 0;
  }
  void operator()(const AppendRequest&) {}
  void operator()(const PingRequest&) {}
  void operator()(const StatusRequest&) {}
  void operator()(const CheckpointsRequest&) {}

 private:
  // Whether the page is neither the first nor the last of its answer, and has no results.
  bool IsMiddle(const std::string& cursor, const Completeness& page) const {
    return results == 0 && !cursor.empty() && !page.next_cursor.empty();
  }
  void Entries(const char* request, uint64_t from_seq, uint32_t limit) {
    filters.Number("from_seq", from_seq);
    filters.Limit(limit);
    const auto* answer = Answer<EntriesResponse>();
    if (answer == nullptr || !WorthRecording(answer->entries)) return;
    name = request;
    results = answer->entries.size();
  }

 public:
  Describe(const ResponseBody& body) : response(body) {}  // NOLINT(google-explicit-constructor): a visitor
};

}  // namespace

std::optional<QueryServed> RecordOf(const Recorder& peer, const RequestBody& request, const ResponseBody& response) {
  if (const auto* error = std::get_if<ErrorInfo>(&response); error != nullptr) {
    if (error->status.code() != Code::kNotFound) return std::nullopt;
  }
  Describe describe(response);
  std::visit(describe, request);
  if (describe.name.empty()) return std::nullopt;
  return QueryServed{peer.uid, peer.gid, peer.pid, describe.name, describe.filters.Take(), describe.results};
}

}  // namespace envledger
