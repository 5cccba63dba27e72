// Responses: the checks before reading, reading, and writing.
#include <type_traits>

#include "ledger/protocol/message.h"
#include "ledger/protocol/wire.h"

namespace envledger {
namespace {

using namespace wire;  // written for this file and request.cc

// --- what is mandatory ---

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
  if (response.body() != nullptr) return fault.Set("body", "is set beside an error");
  return response.error()->code() != fb::ErrorCode::none || fault.Set("code", "is missing") || fault.In("error");
}

// --- reading ---

std::vector<std::string> DecodeEntries(const TableList<fb::SealedEntry>* entries) {
  return List<std::string>(entries, [](const fb::SealedEntry& entry) { return Bytes(entry.bytes()); });
}

EnvelopeRecords Decode(const fb::EnvelopeRecords& records) {
  return {Text(records.envelope_id()), static_cast<RoleMask>(records.roles()), DecodeEntries(records.entries()),
          records.next_revision(), records.records()};
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

// --- writing ---

ListOffset<fb::SealedEntry> Entries(FlatBufferBuilder& b, const std::vector<std::string>& entries) {
  return List<fb::SealedEntry>(b, entries,
                               [&](const std::string& entry) { return fb::CreateSealedEntry(b, Nested(b, entry)); });
}

Offset<fb::EnvelopeRecords> Records(FlatBufferBuilder& b, const EnvelopeRecords& records) {
  const auto envelope_id = Text(b, records.envelope_id);
  const auto entries = Entries(b, records.entries);
  return fb::CreateEnvelopeRecords(b, envelope_id, static_cast<fb::Role>(records.roles), entries, records.next_revision,
                                   records.records);
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

// The variant begins with the error; its other alternatives are in the order of the schema, as are the union's types.
static_assert(std::variant_size_v<ResponseBody> == static_cast<size_t>(fb::ResponseBody::MAX) + 1);
static_assert(std::is_same_v<std::variant_alternative_t<static_cast<size_t>(fb::ResponseBody::query), ResponseBody>,
                             QueryResponse>);

}  // namespace

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

Result<Response> DecodeResponse(std::string_view bytes) {
  static const Shape kShape(fb::ResponseTypeTable(), {.identifier = "ENVR"});
  const AlignedBytes aligned(bytes);
  Fault fault;
  if (!CheckBuffer<fb::Response>(kShape, "ENVR", aligned, fault)) {
    return fault.ToStatus(Code::kInvalidArgument, "response");
  }
  const fb::Response& response = *flatbuffers::GetRoot<fb::Response>(aligned.data());
  if (!CheckParts(response, fault)) return fault.ToStatus(Code::kInvalidArgument, "response");
  return Response{response.correlation(), DecodeBody(response)};
}

}  // namespace envledger
