#include <type_traits>

#include "ledger/protocol/message.h"
#include "protocol_generated.h"

namespace envledger {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
template <typename T>
using ListOffset = Offset<flatbuffers::Vector<Offset<T>>>;

Offset<flatbuffers::String> Text(FlatBufferBuilder& b, const std::string& text) {
  return text.empty() ? Offset<flatbuffers::String>() : b.CreateString(text);
}

// Buffers inside a message stand at multiples of 8, so that a reader may read them in place.
Offset<flatbuffers::Vector<uint8_t>> Nested(FlatBufferBuilder& b, std::string_view bytes) {
  b.ForceVectorAlignment(bytes.size(), sizeof(uint8_t), 8);
  return b.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

fb::Hash32 Hash32(const Hash& hash) { return fb::Hash32(flatbuffers::span<const uint8_t, 32>(hash)); }

template <typename T, typename Item, typename Encode>
ListOffset<T> List(FlatBufferBuilder& b, const std::vector<Item>& items, Encode encode) {
  std::vector<Offset<T>> offsets;
  offsets.reserve(items.size());
  for (const Item& item : items) offsets.push_back(encode(item));
  return b.CreateVector(offsets);
}

Offset<fb::PrincipalFilter> Filter(FlatBufferBuilder& b, const PrincipalFilter& filter) {
  const auto issuer = filter.issuer.has_value() ? b.CreateString(*filter.issuer) : Offset<flatbuffers::String>();
  const auto id = Text(b, filter.id);
  return fb::CreatePrincipalFilter(b, static_cast<fb::PrincipalKind>(filter.kind), issuer, id,
                                   static_cast<fb::Role>(filter.roles));
}

ListOffset<fb::SealedEntry> Entries(FlatBufferBuilder& b, const std::vector<std::string>& entries) {
  return List<fb::SealedEntry>(b, entries,
                               [&](const std::string& entry) { return fb::CreateSealedEntry(b, Nested(b, entry)); });
}

Offset<fb::EnvelopeRecords> Records(FlatBufferBuilder& b, const EnvelopeRecords& records) {
  const auto envelope_id = Text(b, records.envelope_id);
  const auto entries = Entries(b, records.entries);
  return fb::CreateEnvelopeRecords(b, envelope_id, static_cast<fb::Role>(records.roles), entries);
}

Offset<fb::Completeness> Encode(FlatBufferBuilder& b, const Completeness& completeness) {
  const fb::Hash32 root = Hash32(completeness.root);
  const auto checkpoint = Text(b, completeness.checkpoint);
  const auto next_cursor = Text(b, completeness.next_cursor);
  const auto problem = Text(b, completeness.problem);
  return fb::CreateCompleteness(b, completeness.tree_size, &root, checkpoint, completeness.scanned,
                                completeness.complete, next_cursor, problem, completeness.unindexed);
}

ListOffset<fb::Refusal> Refusals(FlatBufferBuilder& b, const std::vector<RefusalCount>& refusals) {
  return List<fb::Refusal>(b, refusals, [&](const RefusalCount& refusal) {
    const auto producer = Text(b, refusal.producer);
    const auto rule = Text(b, refusal.rule);
    return fb::CreateRefusal(b, producer, refusal.uid, rule, refusal.count);
  });
}

Offset<flatbuffers::Vector<uint8_t>> Hashes(FlatBufferBuilder& b, const std::vector<Hash>& hashes) {
  std::vector<uint8_t> bytes;
  bytes.reserve(hashes.size() * sizeof(Hash));
  for (const Hash& hash : hashes) bytes.insert(bytes.end(), hash.begin(), hash.end());
  return b.CreateVector(bytes);
}

// --- requests ---

Offset<void> Encode(FlatBufferBuilder& b, const AppendRequest& request) {
  const auto items = List<fb::AppendItem>(b, request.items, [&](const AppendItem& item) {
    return fb::CreateAppendItem(b, Nested(b, item.transition), item.expected_revision);
  });
  return fb::CreateAppendRequest(b, items).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const PingRequest&) { return fb::CreatePingRequest(b).Union(); }

fb::Relation ToWire(Relation relation) { return static_cast<fb::Relation>(static_cast<uint8_t>(relation) + 1); }

Offset<void> Encode(FlatBufferBuilder& b, const QueryRequest& request) {
  const auto principal = request.principal.has_value() ? Filter(b, *request.principal) : Offset<fb::PrincipalFilter>();
  const auto tenant = Text(b, request.tenant);
  const auto target = Text(b, request.target);
  const auto scope = Text(b, request.scope);
  std::vector<uint8_t> stage_values;
  for (const Stage stage : request.stages) stage_values.push_back(static_cast<uint8_t>(stage));
  const auto stages = stage_values.empty() ? Offset<flatbuffers::Vector<uint8_t>>() : b.CreateVector(stage_values);
  const auto recorder = Text(b, request.recorder);
  const auto request_id = Text(b, request.request_id);
  const auto trace_id = Text(b, request.trace_id);
  const auto native_id = Text(b, request.native_id);
  const auto cursor = Text(b, request.cursor);
  std::vector<uint8_t> relation_values;
  for (const Relation relation : request.relations) relation_values.push_back(static_cast<uint8_t>(ToWire(relation)));
  const auto relations =
      relation_values.empty() ? Offset<flatbuffers::Vector<uint8_t>>() : b.CreateVector(relation_values);
  const auto parent = Text(b, request.parent);
  const auto node = Text(b, request.node);
  fb::QueryRequestBuilder query(b);
  query.add_principal(principal);
  query.add_tenant(tenant);
  query.add_kind(static_cast<fb::ExecutionKind>(request.kind));
  query.add_target(target);
  query.add_scope(scope);
  query.add_stages(flatbuffers::Offset<flatbuffers::Vector<fb::Stage>>(stages.o));
  query.add_recorder(recorder);
  query.add_request_id(request_id);
  query.add_trace_id(trace_id);
  query.add_native_id(native_id);
  if (request.since.has_value()) query.add_since(*request.since);
  if (request.until.has_value()) query.add_until(*request.until);
  if (request.recorded_since.has_value()) query.add_recorded_since(*request.recorded_since);
  if (request.recorded_until.has_value()) query.add_recorded_until(*request.recorded_until);
  query.add_open(request.open);
  query.add_narrowed(request.narrowed);
  query.add_limit(request.limit);
  query.add_cursor(cursor);
  query.add_descending(request.descending);
  if (request.at.has_value()) query.add_at(*request.at);
  query.add_scan(request.scan);
  query.add_relations(flatbuffers::Offset<flatbuffers::Vector<fb::Relation>>(relations.o));
  query.add_parent(parent);
  query.add_node(node);
  query.add_delegated(request.delegated);
  return query.Finish().Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const EnvelopeRequest& request) {
  return fb::CreateEnvelopeRequest(b, Text(b, request.envelope_id)).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const PrincipalsRequest& request) {
  const auto filter = Filter(b, request.filter);
  const auto cursor = Text(b, request.cursor);
  return fb::CreatePrincipalsRequest(b, filter, request.limit, cursor).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const EntriesRequest& request) {
  return fb::CreateEntriesRequest(b, request.from_seq, request.limit).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const CheckpointsRequest& request) {
  return fb::CreateCheckpointsRequest(b, request.from_size, request.limit, request.latest, request.sign_now).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const InclusionProofRequest& request) {
  return fb::CreateInclusionProofRequest(b, request.seq, request.tree_size).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const ConsistencyProofRequest& request) {
  return fb::CreateConsistencyProofRequest(b, request.old_size, request.new_size).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const EventsRequest& request) {
  const auto name = Text(b, request.name);
  return fb::CreateEventsRequest(b, name, request.from_seq, request.limit).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const FollowRequest& request) {
  return fb::CreateFollowRequest(b, request.from_seq, request.limit, request.wait_ms).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const StatusRequest&) { return fb::CreateStatusRequest(b).Union(); }

// --- responses ---

Offset<void> Encode(FlatBufferBuilder& b, const AppendResponse& response) {
  const auto acknowledgments =
      List<fb::Acknowledgment>(b, response.acknowledgments, [&](const Acknowledgment& acknowledgment) {
        const fb::Hash32 leaf_hash = Hash32(acknowledgment.leaf_hash);
        return fb::CreateAcknowledgment(b, acknowledgment.seq, &leaf_hash, acknowledgment.envelope_revision,
                                        acknowledgment.recorded_at, acknowledgment.replayed);
      });
  return fb::CreateAppendResponse(b, acknowledgments).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const PingResponse&) { return fb::CreatePingResponse(b).Union(); }

Offset<void> Encode(FlatBufferBuilder& b, const QueryResponse& response) {
  const auto envelopes = List<fb::EnvelopeRecords>(b, response.envelopes,
                                                   [&](const EnvelopeRecords& records) { return Records(b, records); });
  const auto completeness = Encode(b, response.completeness);
  return fb::CreateQueryResponse(b, envelopes, completeness).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const EnvelopeResponse& response) {
  const auto envelope = Records(b, response.envelope);
  const auto completeness = Encode(b, response.completeness);
  return fb::CreateEnvelopeResponse(b, envelope, completeness).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const PrincipalsResponse& response) {
  const auto principals = List<fb::PrincipalSummary>(b, response.principals, [&](const PrincipalSummary& summary) {
    const auto issuer = Text(b, summary.principal.issuer);
    const auto id = Text(b, summary.principal.id);
    const auto principal = fb::CreatePrincipal(b, static_cast<fb::PrincipalKind>(summary.principal.kind), issuer, id);
    static_assert(kRoleCount == 4);
    const auto& by_role = summary.by_role;
    return fb::CreatePrincipalSummary(b, principal, summary.links, by_role[0], by_role[1], by_role[2], by_role[3],
                                      summary.envelopes, summary.first_seen, summary.last_seen);
  });
  const auto completeness = Encode(b, response.completeness);
  return fb::CreatePrincipalsResponse(b, principals, completeness).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const EntriesResponse& response) {
  return fb::CreateEntriesResponse(b, Entries(b, response.entries), response.tree_size).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const InclusionProofResponse& response) {
  const auto entry = fb::CreateSealedEntry(b, Nested(b, response.entry));
  const fb::Hash32 root = Hash32(response.root);
  const auto hashes = Hashes(b, response.hashes);
  const auto checkpoint = Text(b, response.checkpoint);
  return fb::CreateInclusionProofResponse(b, entry, response.tree_size, &root, hashes, checkpoint).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const ConsistencyProofResponse& response) {
  const fb::Hash32 old_root = Hash32(response.old_root);
  const fb::Hash32 new_root = Hash32(response.new_root);
  const auto hashes = Hashes(b, response.hashes);
  const auto checkpoint = Text(b, response.checkpoint);
  return fb::CreateConsistencyProofResponse(b, response.old_size, response.new_size, &old_root, &new_root, hashes,
                                            checkpoint)
      .Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const EventsResponse& response) {
  return fb::CreateEventsResponse(b, Entries(b, response.entries), response.tree_size).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const CheckpointsResponse& response) {
  return fb::CreateCheckpointsResponse(b, b.CreateVectorOfStrings(response.notes)).Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const StatusResponse& response) {
  const auto problem = Text(b, response.problem);
  const auto version = Text(b, response.version);
  const auto origin = Text(b, response.origin);
  const auto vkey = Text(b, response.vkey);
  const fb::Hash32 root = Hash32(response.root);
  const auto last_checkpoint = Text(b, response.last_checkpoint);
  const auto refusals = Refusals(b, response.refusals);
  const auto gauges = List<fb::Gauge>(
      b, response.gauges, [&](const Gauge& gauge) { return fb::CreateGauge(b, Text(b, gauge.name), gauge.value); });
  return fb::CreateStatusResponse(b, response.healthy, problem, version, origin, vkey, response.tree_size, &root,
                                  response.last_recorded_at, last_checkpoint, response.last_checkpoint_at, refusals,
                                  gauges)
      .Union();
}

Offset<fb::Error> Encode(FlatBufferBuilder& b, const ErrorInfo& error) {
  const auto rule = Text(b, error.status.rule());
  const auto message = Text(b, error.status.message());
  return fb::CreateError(b, static_cast<fb::ErrorCode>(error.status.code()), rule, message, error.item,
                         static_cast<fb::Stage>(error.stage), error.revision);
}
static_assert(static_cast<int>(Code::kInternal) == static_cast<int>(fb::ErrorCode::MAX));

// A union's types follow the order of the schema, and so do the variants.
static_assert(std::variant_size_v<RequestBody> == static_cast<size_t>(fb::RequestBody::MAX));
static_assert(std::variant_size_v<ResponseBody> == static_cast<size_t>(fb::ResponseBody::MAX) + 1);
static_assert(std::is_same_v<std::variant_alternative_t<static_cast<size_t>(fb::RequestBody::query) - 1, RequestBody>,
                             QueryRequest>);
static_assert(std::is_same_v<std::variant_alternative_t<static_cast<size_t>(fb::ResponseBody::query), ResponseBody>,
                             QueryResponse>);

std::string Finished(FlatBufferBuilder& b) {
  return {reinterpret_cast<const char*>(b.GetBufferPointer()), b.GetSize()};
}

}  // namespace

std::string EncodeRequest(const Request& request) {
  FlatBufferBuilder b;
  const auto body = std::visit([&](const auto& value) { return Encode(b, value); }, request.body);
  const auto type = static_cast<fb::RequestBody>(request.body.index() + 1);
  b.Finish(fb::CreateRequest(b, request.correlation, type, body), "ENVQ");
  return Finished(b);
}

std::string EncodeResponse(const Response& response) {
  FlatBufferBuilder b;
  if (const auto* error = std::get_if<ErrorInfo>(&response.body); error != nullptr) {
    b.Finish(fb::CreateResponse(b, response.correlation, Encode(b, *error)), "ENVR");
    return Finished(b);
  }
  const auto body = std::visit(
      [&](const auto& value) -> Offset<void> {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, ErrorInfo>) {
          return 0;  // handled above
        } else {
          return Encode(b, value);
        }
      },
      response.body);
  const auto type = static_cast<fb::ResponseBody>(response.body.index());
  b.Finish(fb::CreateResponse(b, response.correlation, 0, type, body), "ENVR");
  return Finished(b);
}

}  // namespace envledger
