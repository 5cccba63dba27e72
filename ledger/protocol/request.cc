// Requests: the checks before reading, reading, and writing.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "ledger/protocol/message.h"
#include "ledger/protocol/wire.h"

namespace envledger {
namespace {

using namespace wire;  // written for this file and response.cc

// --- what is mandatory ---

bool CheckBody(const fb::Request& request, Fault& fault) {
  if (!Present(request.body(), "body", fault)) return false;
  if (const auto* append = request.body_as_append(); append != nullptr) {
    return CheckItems(append->items(), "items", fault,
                      [&](const fb::AppendItem& item) { return Present(item.transition(), "transition", fault); }) ||
           fault.In("append") || fault.In("body");
  }
  if (const auto* envelope = request.body_as_envelope(); envelope != nullptr) {
    // Empty text is absent text (Text in wire.h), so a mandatory text is not empty.
    const bool present = envelope->envelope_id() != nullptr && envelope->envelope_id()->size() != 0;
    return present || fault.Set("envelope_id", "is missing") || fault.In("envelope") || fault.In("body");
  }
  if (const auto* query = request.body_as_query(); query != nullptr && query->relations() != nullptr) {
    for (flatbuffers::uoffset_t i = 0; i < query->relations()->size(); ++i) {
      if (query->relations()->Get(i) != fb::Relation::unspecified) continue;
      return fault.Set("", "names no relation") || fault.InItem(i) || fault.In("relations") || fault.In("query") ||
             fault.In("body");
    }
  }
  return true;
}

// --- reading ---

PrincipalFilter DecodeFilter(const fb::PrincipalFilter& filter) {
  return {.kind = static_cast<PrincipalKind>(filter.kind()),
          .issuer = filter.issuer() == nullptr ? std::nullopt : std::optional(filter.issuer()->str()),
          .id = Text(filter.id()),
          .roles = static_cast<RoleMask>(filter.roles())};
}

QueryRequest Decode(const fb::QueryRequest& request) {
  QueryRequest query;
  if (request.principal() != nullptr) query.principal = DecodeFilter(*request.principal());
  query.tenant = Text(request.tenant());
  query.kind = static_cast<ExecutionKind>(request.kind());
  query.target = Text(request.target());
  query.scope = Text(request.scope());
  for (size_t i = 0; request.stages() != nullptr && i < request.stages()->size(); ++i) {
    query.stages.push_back(static_cast<Stage>(request.stages()->Data()[i]));
  }
  query.recorder = Text(request.recorder());
  query.request_id = Text(request.request_id());
  query.trace_id = Text(request.trace_id());
  query.native_id = Text(request.native_id());
  query.since = request.since();
  query.until = request.until();
  query.recorded_since = request.recorded_since();
  query.recorded_until = request.recorded_until();
  query.open = request.open();
  query.narrowed = request.narrowed();
  query.limit = request.limit();
  query.cursor = Text(request.cursor());
  query.descending = request.descending();
  query.at = request.at();
  query.scan = request.scan();
  for (size_t i = 0; request.relations() != nullptr && i < request.relations()->size(); ++i) {
    query.relations.push_back(static_cast<Relation>(request.relations()->Data()[i] - 1));
  }
  query.parent = Text(request.parent());
  query.node = Text(request.node());
  query.delegated = request.delegated();
  query.in_parts = request.in_parts();
  return query;
}

RequestBody DecodeBody(const fb::Request& request, const AlignedBytes& bytes) {
  switch (request.body_type()) {
    case fb::RequestBody::append:
      return AppendRequest{List<AppendItem>(request.body_as_append()->items(), [&](const fb::AppendItem& item) {
        return AppendItem{bytes.Original(item.transition()->data(), item.transition()->size()),
                          item.expected_revision()};
      })};
    case fb::RequestBody::query:
      return Decode(*request.body_as_query());
    case fb::RequestBody::envelope: {
      const fb::EnvelopeRequest& body = *request.body_as_envelope();
      return EnvelopeRequest{Text(body.envelope_id()), body.from_revision(), body.max_bytes()};
    }
    case fb::RequestBody::principals: {
      const fb::PrincipalsRequest& body = *request.body_as_principals();
      return PrincipalsRequest{body.filter() == nullptr ? PrincipalFilter{} : DecodeFilter(*body.filter()),
                               body.limit(), Text(body.cursor())};
    }
    case fb::RequestBody::entries:
      return EntriesRequest{request.body_as_entries()->from_seq(), request.body_as_entries()->limit()};
    case fb::RequestBody::checkpoints: {
      const fb::CheckpointsRequest& body = *request.body_as_checkpoints();
      return CheckpointsRequest{body.from_size(), body.limit(), body.latest(), body.sign_now()};
    }
    case fb::RequestBody::status:
      return StatusRequest{};
    case fb::RequestBody::inclusion_proof: {
      const fb::InclusionProofRequest& body = *request.body_as_inclusion_proof();
      return InclusionProofRequest{body.seq(), body.tree_size()};
    }
    case fb::RequestBody::consistency_proof: {
      const fb::ConsistencyProofRequest& body = *request.body_as_consistency_proof();
      return ConsistencyProofRequest{body.old_size(), body.new_size()};
    }
    case fb::RequestBody::events: {
      const fb::EventsRequest& body = *request.body_as_events();
      return EventsRequest{Text(body.name()), body.from_seq(), body.limit()};
    }
    case fb::RequestBody::follow: {
      const fb::FollowRequest& body = *request.body_as_follow();
      return FollowRequest{body.from_seq(), body.limit(), body.wait_ms()};
    }
    default:
      return PingRequest{};
  }
}

// --- writing ---

Offset<fb::PrincipalFilter> Filter(FlatBufferBuilder& b, const PrincipalFilter& filter) {
  const auto issuer = filter.issuer.has_value() ? b.CreateString(*filter.issuer) : Offset<flatbuffers::String>();
  const auto id = Text(b, filter.id);
  return fb::CreatePrincipalFilter(b, static_cast<fb::PrincipalKind>(filter.kind), issuer, id,
                                   static_cast<fb::Role>(filter.roles));
}

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
  query.add_in_parts(request.in_parts);
  return query.Finish().Union();
}

Offset<void> Encode(FlatBufferBuilder& b, const EnvelopeRequest& request) {
  const auto envelope_id = Text(b, request.envelope_id);
  return fb::CreateEnvelopeRequest(b, envelope_id, request.from_revision, request.max_bytes).Union();
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

// The alternatives of the variant are in the order of the schema, as are the union's types.
static_assert(std::variant_size_v<RequestBody> == static_cast<size_t>(fb::RequestBody::MAX));
static_assert(std::is_same_v<std::variant_alternative_t<static_cast<size_t>(fb::RequestBody::query) - 1, RequestBody>,
                             QueryRequest>);

}  // namespace

std::string EncodeRequest(const Request& request) {
  FlatBufferBuilder b;
  const auto body = std::visit([&](const auto& value) { return Encode(b, value); }, request.body);
  const auto type = static_cast<fb::RequestBody>(request.body.index() + 1);
  b.Finish(fb::CreateRequest(b, request.correlation, type, body), "ENVQ");
  return Finished(b);
}

Result<Request> DecodeRequest(std::string_view bytes) {
  static const Shape kShape(fb::RequestTypeTable(), {.identifier = "ENVQ"});
  const AlignedBytes aligned(bytes);
  Fault fault;
  if (!CheckBuffer<fb::Request>(kShape, "ENVQ", aligned, fault)) {
    return fault.ToStatus(Code::kInvalidArgument, "request");
  }
  const fb::Request& request = *flatbuffers::GetRoot<fb::Request>(aligned.data());
  if (!CheckBody(request, fault)) return fault.ToStatus(Code::kInvalidArgument, "request");
  return Request{request.correlation(), DecodeBody(request, aligned)};
}

uint64_t CorrelationOf(std::string_view request_bytes) {
  // The buffer is malformed and not trusted: every step stays inside it or gives up.
  const auto load = [&](uint64_t at, auto value) {
    if (at <= request_bytes.size() && request_bytes.size() - at >= sizeof(value)) {
      std::memcpy(&value, request_bytes.data() + at, sizeof(value));
      return std::optional(flatbuffers::EndianScalar(value));
    }
    return std::optional<decltype(value)>();
  };
  const auto root = load(0, uint32_t{});
  if (!root.has_value()) return 0;
  const auto back = load(*root, int32_t{});
  if (!back.has_value()) return 0;
  const uint64_t vtable = uint64_t{*root} - static_cast<uint64_t>(int64_t{*back});  // wraps out of range when negative
  const auto vtable_size = load(vtable, uint16_t{});
  const auto field = load(vtable + fb::Request::VT_CORRELATION, uint16_t{});
  if (!vtable_size.has_value() || *vtable_size <= fb::Request::VT_CORRELATION || !field.has_value() || *field == 0)
    return 0;
  return load(uint64_t{*root} + *field, uint64_t{}).value_or(0);
}

}  // namespace envledger
