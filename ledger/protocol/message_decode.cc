// A message is first checked as a whole (its shape, the verifier, what is mandatory), and then read without looking
// again.
#include <algorithm>
#include <cstring>

#include "ledger/codec/aligned.h"
#include "ledger/codec/shape.h"
#include "ledger/protocol/message.h"
#include "protocol_generated.h"

namespace envledger {
namespace {

template <typename T>
using TableList = flatbuffers::Vector<flatbuffers::Offset<T>>;

// Runs `check` on the items of a list that may be absent.
template <typename T, typename Check>
bool CheckItems(const TableList<T>* items, std::string_view field, Fault& fault, Check check) {
  for (flatbuffers::uoffset_t i = 0; items != nullptr && i < items->size(); ++i) {
    if (!check(*items->Get(i))) return fault.InItem(i) || fault.In(field);
  }
  return true;
}

bool Present(const void* field, std::string_view name, Fault& fault) {
  return field != nullptr || fault.Set(name, "is missing");
}

// --- what is mandatory in requests ---

bool CheckBody(const fb::Request& request, Fault& fault) {
  if (!Present(request.body(), "body", fault)) return false;
  if (const auto* append = request.body_as_append(); append != nullptr) {
    return CheckItems(append->items(), "items", fault,
                      [&](const fb::AppendItem& item) { return Present(item.transition(), "transition", fault); }) ||
           fault.In("append") || fault.In("body");
  }
  if (const auto* envelope = request.body_as_envelope(); envelope != nullptr) {
    return Present(envelope->envelope_id(), "envelope_id", fault) || fault.In("envelope") || fault.In("body");
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

// --- what is mandatory in responses ---

bool CheckCompleteness(const fb::Completeness* completeness, Fault& fault) {
  if (!Present(completeness, "completeness", fault)) return false;
  return Present(completeness->root(), "root", fault) || fault.In("completeness");
}

bool CheckEntries(const TableList<fb::SealedEntry>* entries, Fault& fault) {
  return CheckItems(entries, "entries", fault,
                    [&](const fb::SealedEntry& entry) { return Present(entry.bytes(), "bytes", fault); });
}

bool Check(const fb::AppendResponse& response, Fault& fault) {
  return CheckItems(response.acknowledgments(), "acknowledgments", fault,
                    [&](const fb::Acknowledgment& item) { return Present(item.leaf_hash(), "leaf_hash", fault); });
}
bool Check(const fb::QueryResponse& response, Fault& fault) {
  return CheckItems(response.envelopes(), "envelopes", fault,
                    [&](const fb::EnvelopeRecords& records) { return CheckEntries(records.entries(), fault); }) &&
         CheckCompleteness(response.completeness(), fault);
}
bool Check(const fb::EnvelopeResponse& response, Fault& fault) {
  if (!Present(response.envelope(), "envelope", fault)) return false;
  if (!CheckEntries(response.envelope()->entries(), fault)) return fault.In("envelope");
  return CheckCompleteness(response.completeness(), fault);
}
bool Check(const fb::PrincipalsResponse& response, Fault& fault) {
  return CheckItems(response.principals(), "principals", fault,
                    [&](const fb::PrincipalSummary& item) { return Present(item.principal(), "principal", fault); }) &&
         CheckCompleteness(response.completeness(), fault);
}

bool CheckHashes(const flatbuffers::Vector<uint8_t>* hashes, Fault& fault) {
  if (hashes == nullptr || hashes->size() % sizeof(Hash) == 0) return true;
  return fault.Set("hashes", "is not a whole number of 32-byte hashes");
}
bool Check(const fb::InclusionProofResponse& response, Fault& fault) {
  if (!Present(response.entry(), "entry", fault) || !Present(response.root(), "root", fault)) return false;
  if (!Present(response.entry()->bytes(), "bytes", fault)) return fault.In("entry");
  return CheckHashes(response.hashes(), fault);
}
bool Check(const fb::ConsistencyProofResponse& response, Fault& fault) {
  return Present(response.old_root(), "old_root", fault) && Present(response.new_root(), "new_root", fault) &&
         CheckHashes(response.hashes(), fault);
}

bool CheckBody(const fb::Response& response, Fault& fault) {
  switch (response.body_type()) {
    case fb::ResponseBody::append:
      return Check(*response.body_as_append(), fault) || fault.In("append") || fault.In("body");
    case fb::ResponseBody::query:
      return Check(*response.body_as_query(), fault) || fault.In("query") || fault.In("body");
    case fb::ResponseBody::envelope:
      return Check(*response.body_as_envelope(), fault) || fault.In("envelope") || fault.In("body");
    case fb::ResponseBody::principals:
      return Check(*response.body_as_principals(), fault) || fault.In("principals") || fault.In("body");
    case fb::ResponseBody::entries:
      return CheckEntries(response.body_as_entries()->entries(), fault) || fault.In("entries") || fault.In("body");
    case fb::ResponseBody::status:
      return Present(response.body_as_status()->root(), "root", fault) || fault.In("status") || fault.In("body");
    case fb::ResponseBody::inclusion_proof:
      return Check(*response.body_as_inclusion_proof(), fault) || fault.In("inclusion_proof") || fault.In("body");
    case fb::ResponseBody::consistency_proof:
      return Check(*response.body_as_consistency_proof(), fault) || fault.In("consistency_proof") || fault.In("body");
    case fb::ResponseBody::events:
      return CheckEntries(response.body_as_events()->entries(), fault) || fault.In("events") || fault.In("body");
    default:
      return true;
  }
}

bool CheckParts(const fb::Response& response, Fault& fault) {
  if (response.error() == nullptr) return Present(response.body(), "body", fault) && CheckBody(response, fault);
  if (response.body() != nullptr) return fault.Set("body", "stands beside an error");
  return response.error()->code() != fb::ErrorCode::none || fault.Set("code", "is missing") || fault.In("error");
}

// --- reading ---

std::string Text(const flatbuffers::String* text) { return text == nullptr ? std::string() : text->str(); }

std::string Bytes(const flatbuffers::Vector<uint8_t>* bytes) {
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}

Hash DecodeHash(const fb::Hash32& hash) {
  Hash value;
  std::copy_n(hash.bytes()->begin(), value.size(), value.begin());
  return value;
}

// The list of what `decode` makes of each item.
template <typename T, typename Table, typename Decode>
std::vector<T> List(const TableList<Table>* items, Decode decode) {
  std::vector<T> list;
  if (items == nullptr) return list;
  list.reserve(items->size());
  for (const auto* item : *items) list.push_back(decode(*item));
  return list;
}

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
    case fb::RequestBody::envelope:
      return EnvelopeRequest{Text(request.body_as_envelope()->envelope_id())};
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

std::vector<std::string> DecodeEntries(const TableList<fb::SealedEntry>* entries) {
  return List<std::string>(entries, [](const fb::SealedEntry& entry) { return Bytes(entry.bytes()); });
}

EnvelopeRecords Decode(const fb::EnvelopeRecords& records) {
  return {Text(records.envelope_id()), static_cast<RoleMask>(records.roles()), DecodeEntries(records.entries())};
}

Completeness Decode(const fb::Completeness& completeness) {
  return {.tree_size = completeness.tree_size(),
          .root = DecodeHash(*completeness.root()),
          .checkpoint = Text(completeness.checkpoint()),
          .scanned = completeness.scanned(),
          .complete = completeness.complete(),
          .next_cursor = Text(completeness.next_cursor()),
          .problem = Text(completeness.problem()),
          .unindexed = completeness.unindexed()};
}

PrincipalSummary Decode(const fb::PrincipalSummary& summary) {
  const fb::Principal& principal = *summary.principal();
  return {.principal = {static_cast<PrincipalKind>(principal.kind()), Text(principal.issuer()), Text(principal.id())},
          .links = summary.links(),
          .by_role = {summary.requester(), summary.subject(), summary.delegate(), summary.decider()},
          .envelopes = summary.envelopes(),
          .first_seen = summary.first_seen(),
          .last_seen = summary.last_seen()};
}

StatusResponse Decode(const fb::StatusResponse& status) {
  return {.healthy = status.healthy(),
          .problem = Text(status.problem()),
          .version = Text(status.version()),
          .origin = Text(status.origin()),
          .vkey = Text(status.vkey()),
          .tree_size = status.tree_size(),
          .root = DecodeHash(*status.root()),
          .last_recorded_at = status.last_recorded_at(),
          .last_checkpoint = Text(status.last_checkpoint()),
          .last_checkpoint_at = status.last_checkpoint_at(),
          .refusals = List<RefusalCount>(
              status.refusals(),
              [](const fb::Refusal& item) {
                return RefusalCount{Text(item.producer()), item.uid(), Text(item.rule()), item.count()};
              }),
          .gauges = List<Gauge>(status.gauges(), [](const fb::Gauge& gauge) {
            return Gauge{Text(gauge.name()), gauge.value()};
          })};
}

std::vector<Hash> DecodeHashes(const flatbuffers::Vector<uint8_t>* bytes) {
  std::vector<Hash> hashes(bytes == nullptr ? 0 : bytes->size() / sizeof(Hash));
  for (size_t i = 0; i < hashes.size(); ++i) {
    std::copy_n(bytes->data() + i * sizeof(Hash), sizeof(Hash), hashes[i].data());
  }
  return hashes;
}

InclusionProofResponse Decode(const fb::InclusionProofResponse& proof) {
  return {.entry = Bytes(proof.entry()->bytes()),
          .tree_size = proof.tree_size(),
          .root = DecodeHash(*proof.root()),
          .hashes = DecodeHashes(proof.hashes()),
          .checkpoint = Text(proof.checkpoint())};
}

ConsistencyProofResponse Decode(const fb::ConsistencyProofResponse& proof) {
  return {.old_size = proof.old_size(),
          .new_size = proof.new_size(),
          .old_root = DecodeHash(*proof.old_root()),
          .new_root = DecodeHash(*proof.new_root()),
          .hashes = DecodeHashes(proof.hashes()),
          .checkpoint = Text(proof.checkpoint())};
}

ErrorInfo Decode(const fb::Error& error) {
  return {.status = Status(static_cast<Code>(error.code()), Text(error.rule()), Text(error.message())),
          .item = error.item(),
          .stage = static_cast<Stage>(error.stage()),
          .revision = error.revision()};
}

ResponseBody DecodeBody(const fb::Response& response) {
  if (response.error() != nullptr) return Decode(*response.error());
  const auto decode = [](const auto& table) { return Decode(table); };
  switch (response.body_type()) {
    case fb::ResponseBody::append:
      return AppendResponse{
          List<Acknowledgment>(response.body_as_append()->acknowledgments(), [](const fb::Acknowledgment& item) {
            return Acknowledgment{item.seq(), DecodeHash(*item.leaf_hash()), item.envelope_revision(),
                                  item.recorded_at(), item.replayed()};
          })};
    case fb::ResponseBody::query: {
      const fb::QueryResponse& body = *response.body_as_query();
      return QueryResponse{List<EnvelopeRecords>(body.envelopes(), decode), Decode(*body.completeness())};
    }
    case fb::ResponseBody::envelope: {
      const fb::EnvelopeResponse& body = *response.body_as_envelope();
      return EnvelopeResponse{Decode(*body.envelope()), Decode(*body.completeness())};
    }
    case fb::ResponseBody::principals: {
      const fb::PrincipalsResponse& body = *response.body_as_principals();
      return PrincipalsResponse{List<PrincipalSummary>(body.principals(), decode), Decode(*body.completeness())};
    }
    case fb::ResponseBody::entries:
      return EntriesResponse{DecodeEntries(response.body_as_entries()->entries()),
                             response.body_as_entries()->tree_size()};
    case fb::ResponseBody::checkpoints:
      return CheckpointsResponse{List<std::string>(response.body_as_checkpoints()->notes(),
                                                   [](const flatbuffers::String& note) { return note.str(); })};
    case fb::ResponseBody::status:
      return Decode(*response.body_as_status());
    case fb::ResponseBody::inclusion_proof:
      return Decode(*response.body_as_inclusion_proof());
    case fb::ResponseBody::consistency_proof:
      return Decode(*response.body_as_consistency_proof());
    case fb::ResponseBody::events:
      return EventsResponse{DecodeEntries(response.body_as_events()->entries()),
                            response.body_as_events()->tree_size()};
    default:
      return PingResponse{};
  }
}

// --- the gate ---

// Shape, then verifier. Nested buffers are judged by whoever reads them.
template <typename Root>
bool CheckBuffer(const Shape& shape, const char* identifier, const AlignedBytes& bytes, Fault& fault) {
  if (!shape.Check(bytes.data(), bytes.size(), fault)) return false;
  flatbuffers::Verifier::Options options;
  options.max_tables = static_cast<flatbuffers::uoffset_t>(bytes.size() / 4);  // an item of a list takes 4 bytes
  options.check_nested_flatbuffers = false;
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), options);
  return verifier.VerifyBuffer<Root>(identifier) || fault.Set("", "does not pass the FlatBuffers verifier");
}

}  // namespace

Result<Request> DecodeRequest(std::string_view bytes) {
  static const Shape shape(fb::RequestTypeTable(), {.identifier = "ENVQ"});
  const AlignedBytes aligned(bytes);
  Fault fault;
  if (!CheckBuffer<fb::Request>(shape, "ENVQ", aligned, fault)) {
    return fault.ToStatus(Code::kInvalidArgument, "request");
  }
  const fb::Request& request = *flatbuffers::GetRoot<fb::Request>(aligned.data());
  if (!CheckBody(request, fault)) return fault.ToStatus(Code::kInvalidArgument, "request");
  return Request{request.correlation(), DecodeBody(request, aligned)};
}

Result<Response> DecodeResponse(std::string_view bytes) {
  static const Shape shape(fb::ResponseTypeTable(), {.identifier = "ENVR"});
  const AlignedBytes aligned(bytes);
  Fault fault;
  if (!CheckBuffer<fb::Response>(shape, "ENVR", aligned, fault)) {
    return fault.ToStatus(Code::kInvalidArgument, "response");
  }
  const fb::Response& response = *flatbuffers::GetRoot<fb::Response>(aligned.data());
  if (!CheckParts(response, fault)) return fault.ToStatus(Code::kInvalidArgument, "response");
  return Response{response.correlation(), DecodeBody(response)};
}

uint64_t CorrelationOf(std::string_view request_bytes) {
  // The buffer is malformed, so nothing is assumed of it: every step stays inside or gives up.
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
