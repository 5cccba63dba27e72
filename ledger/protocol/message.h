// The protocol's messages (schema/protocol.fbs) as plain C++ values, and their encoding.
//
// Requests and responses are variants. Decoding checks everything (FlatBuffers verification, enum ranges, UTF-8,
// nothing trailing), so that the result can be used without further checks. Frames (the size prefix) belong to the
// transport.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/envelope.h"
#include "ledger/codec/model.h"

namespace envledger {

// --- append socket ---

// One transition to append. `transition` borrows: from the frame when decoded, from the caller when encoded.
struct AppendItem {
  std::string_view transition;
  std::optional<uint64_t> expected_revision;
};
struct AppendRequest {
  std::vector<AppendItem> items;
};
struct Acknowledgment {
  uint64_t seq = 0;
  Hash leaf_hash{};
  uint64_t envelope_revision = 0;
  Nanos recorded_at = 0;
  bool replayed = false;
  bool operator==(const Acknowledgment&) const = default;
};
struct AppendResponse {
  std::vector<Acknowledgment> acknowledgments;
};
struct PingRequest {};
struct PingResponse {};

// --- audit socket (protocol.fbs explains the fields) ---

struct PrincipalFilter {
  PrincipalKind kind = PrincipalKind::kUnspecified;  // any
  std::optional<std::string> issuer;                 // any
  std::string id;
  RoleMask roles = 0;  // any
};
struct QueryRequest {
  std::optional<PrincipalFilter> principal;
  std::string tenant;
  ExecutionKind kind = ExecutionKind::kUnspecified;
  std::string target;
  std::string scope;
  std::vector<Stage> stages;
  std::string recorder;
  std::string request_id;
  std::string trace_id;
  std::string native_id;
  std::optional<Nanos> since;
  std::optional<Nanos> until;
  std::optional<Nanos> recorded_since;
  std::optional<Nanos> recorded_until;
  bool open = false;
  bool narrowed = false;
  uint32_t limit = 0;
  std::string cursor;
  bool descending = false;
  std::optional<Nanos> at;
  bool scan = false;
  std::vector<Relation> relations;
  std::string parent;
  std::string node;
  bool delegated = false;
  bool in_parts = false;
};
struct EnvelopeRecords {
  std::string envelope_id;
  RoleMask roles = 0;
  std::vector<std::string> entries;  // sealed bytes
  std::optional<uint64_t> next_revision = {};
  std::optional<uint64_t> records = {};
};
struct Completeness {
  uint64_t tree_size = 0;
  Hash root{};
  std::string checkpoint;  // a signed note, or empty
  uint64_t scanned = 0;
  bool complete = false;
  std::string next_cursor;  // empty: the answer ends here
  std::string problem;
  bool unindexed = false;
};
struct QueryResponse {
  std::vector<EnvelopeRecords> envelopes;
  Completeness completeness;
};
struct EnvelopeRequest {
  std::string envelope_id;
  std::optional<uint64_t> from_revision = {};
  uint32_t max_bytes = 0;
};
struct EnvelopeResponse {
  EnvelopeRecords envelope;
  Completeness completeness;
};
struct PrincipalsRequest {
  PrincipalFilter filter;  // an empty id: all
  uint32_t limit = 0;
  std::string cursor;
};
struct PrincipalSummary {
  Principal principal;
  uint64_t links = 0;
  std::array<uint64_t, kRoleCount> by_role{};  // envelopes, in the order of the mask's bits
  uint64_t envelopes = 0;
  Nanos first_seen = 0;
  Nanos last_seen = 0;
};
struct PrincipalsResponse {
  std::vector<PrincipalSummary> principals;
  Completeness completeness;
};
struct EntriesRequest {
  uint64_t from_seq = 0;
  uint32_t limit = 0;
};
struct EntriesResponse {
  std::vector<std::string> entries;
  uint64_t tree_size = 0;
};
struct CheckpointsRequest {
  uint64_t from_size = 0;
  uint32_t limit = 0;
  bool latest = false;
  bool sign_now = false;
};
struct CheckpointsResponse {
  std::vector<std::string> notes;
};
struct StatusRequest {};
struct Gauge {
  std::string name;
  uint64_t value = 0;
};
struct StatusResponse {
  bool healthy = false;
  std::string problem;
  std::string version;
  std::string origin;
  std::string vkey;
  uint64_t tree_size = 0;
  Hash root{};
  Nanos last_recorded_at = 0;
  std::string last_checkpoint;
  Nanos last_checkpoint_at = 0;
  std::vector<RefusalCount> refusals;
  std::vector<Gauge> gauges;
};
struct InclusionProofRequest {
  uint64_t seq = 0;
  std::optional<uint64_t> tree_size;
};
struct InclusionProofResponse {
  std::string entry;  // sealed bytes
  uint64_t tree_size = 0;
  Hash root{};
  std::vector<Hash> hashes;
  std::string checkpoint;  // a signed note of exactly tree_size, or empty
};
struct ConsistencyProofRequest {
  uint64_t old_size = 0;
  std::optional<uint64_t> new_size;
};
struct ConsistencyProofResponse {
  uint64_t old_size = 0;
  uint64_t new_size = 0;
  Hash old_root{};
  Hash new_root{};
  std::vector<Hash> hashes;
  std::string checkpoint;  // a signed note of exactly new_size, or empty
};
struct EventsRequest {
  std::string name;  // empty: all
  uint64_t from_seq = 0;
  uint32_t limit = 0;
};
struct EventsResponse {
  std::vector<std::string> entries;  // sealed bytes
  uint64_t tree_size = 0;
};

// Answered with EntriesResponse.
struct FollowRequest {
  uint64_t from_seq = 0;
  uint32_t limit = 0;
  uint32_t wait_ms = 0;
};

using RequestBody = std::variant<AppendRequest, PingRequest, QueryRequest, EnvelopeRequest, PrincipalsRequest,
                                 EntriesRequest, CheckpointsRequest, StatusRequest, InclusionProofRequest,
                                 ConsistencyProofRequest, EventsRequest, FollowRequest>;
struct Request {
  uint64_t correlation = 0;
  RequestBody body;
};

// A refusal as it is sent. `item` is the index of the refused item of an append, or -1.
struct ErrorInfo {
  Status status;
  int32_t item = -1;
  Stage stage = Stage::kUnspecified;
  std::optional<uint64_t> revision;
};
using ResponseBody = std::variant<ErrorInfo, AppendResponse, PingResponse, QueryResponse, EnvelopeResponse,
                                  PrincipalsResponse, EntriesResponse, CheckpointsResponse, StatusResponse,
                                  InclusionProofResponse, ConsistencyProofResponse, EventsResponse>;
struct Response {
  uint64_t correlation = 0;
  ResponseBody body;
};

std::string EncodeRequest(const Request& request);
std::string EncodeResponse(const Response& response);

// kInvalidArgument with the field. AppendItem::transition borrows from `bytes`, which must outlive it. `bytes` need not
// be aligned. The nested transitions are not checked here (CheckTransition).
Result<Request> DecodeRequest(std::string_view bytes);
Result<Response> DecodeResponse(std::string_view bytes);

// The correlation number of a request that DecodeRequest refused, if it can still be read; 0 otherwise.
uint64_t CorrelationOf(std::string_view request_bytes);

}  // namespace envledger
