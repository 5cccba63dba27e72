// Messages of every kind, each field with a value of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/codec/transition.h"
#include "ledger/protocol/message.h"
#include "tests/codec/samples.h"

namespace envledger {

inline Hash HashOf(uint8_t byte) {
  Hash hash;
  hash.fill(byte);
  return hash;
}

inline const std::string& SampleTransition() {
  static const std::string bytes = *EncodeTransition(FullTransition(Stage::kRequested));
  return bytes;
}

inline PrincipalFilter FullFilter() { return {PrincipalKind::kAgent, "issuer", "id", kDelegate | kDecider}; }

inline QueryRequest FullQuery() {
  QueryRequest query;
  query.principal = FullFilter();
  query.tenant = "tenant";
  query.kind = ExecutionKind::kOther;
  query.target = "target";
  query.scope = "scope";
  query.stages = {Stage::kGranted, Stage::kStarted};
  query.recorder = "recorder";
  query.request_id = "request";
  query.trace_id = "trace";
  query.native_id = "native";
  query.since = 1;
  query.until = 2;
  query.recorded_since = 3;
  query.recorded_until = 0;
  query.open = true;
  query.narrowed = true;
  query.limit = 7;
  query.cursor = "cursor";
  query.descending = true;
  query.at = 5;
  query.scan = true;
  query.relations = {Relation::kAsRequested, Relation::kAdded};
  query.parent = "parent";
  query.node = "node";
  query.delegated = true;
  query.in_parts = true;
  return query;
}

inline std::vector<Request> Requests() {
  return {{1, AppendRequest{{{SampleTransition(), 3}, {SampleTransition(), std::nullopt}, {"short", 0}}}},
          {2, PingRequest{}},
          {3, FullQuery()},
          {4, EnvelopeRequest{"env-1", 3, 70'000}},
          {4, EnvelopeRequest{"env-1", 0}},
          {4, EnvelopeRequest{"env-1"}},
          {5, PrincipalsRequest{FullFilter(), 9, "cursor"}},
          {6, EntriesRequest{17, 100}},
          {7, CheckpointsRequest{18, 101, true, true}},
          {UINT64_MAX, StatusRequest{}},
          {11, InclusionProofRequest{4, 9}},
          {12, InclusionProofRequest{4, std::nullopt}},
          {13, ConsistencyProofRequest{3, 9}},
          {14, ConsistencyProofRequest{3, std::nullopt}},
          {15, EventsRequest{"key_rotated", 7, 20}},
          {16, FollowRequest{7, 20, 1500}},
          {0, PingRequest{}},
          {8, AppendRequest{}},
          {9, QueryRequest{}},
          {10, PrincipalsRequest{}}};
}

inline Completeness FullCompleteness() { return {100, HashOf(7), "note", 55, true, "cursor", "a hole at 3", true}; }
inline EnvelopeRecords FullRecords() { return {"env-1", kRequester, {"sealed one", std::string(700, '\0'), "x"}, 3}; }

inline StatusResponse FullStatus() {
  StatusResponse status;
  status.healthy = true;
  status.problem = "problem";
  status.version = "0.1.0";
  status.origin = "origin";
  status.vkey = "vkey";
  status.tree_size = 5;
  status.root = HashOf(9);
  status.last_recorded_at = 6;
  status.last_checkpoint = "note";
  status.last_checkpoint_at = 7;
  status.refusals = {{"producer", 4, "rule", 8}};
  status.gauges = {{"queue", 9}, {"disk", 10}};
  return status;
}

inline std::vector<Response> Responses() {
  PrincipalSummary summary;
  summary.principal = SampleUser();
  summary.links = 6;
  summary.by_role = {1, 2, 3, 4};
  summary.envelopes = 5;
  summary.first_seen = 7;
  summary.last_seen = 8;
  return {{1, ErrorInfo{Status(Code::kConflict, "legal-move", "no"), 3, Stage::kGranted, 4}},
          {2, ErrorInfo{Status(Code::kInternal, "bug"), -1, Stage::kUnspecified, std::nullopt}},
          {3, AppendResponse{{{4, HashOf(1), 2, 3, true}, {5, HashOf(2), 0, 3, false}}}},
          {4, PingResponse{}},
          {5, QueryResponse{{FullRecords(), EnvelopeRecords{"env-2", 0, {}}}, FullCompleteness()}},
          {6, EnvelopeResponse{FullRecords(), Completeness{}}},
          {7, PrincipalsResponse{{summary, PrincipalSummary{}}, FullCompleteness()}},
          {8, EntriesResponse{{"one", "two"}, 9}},
          {9, CheckpointsResponse{{"note 1", "note 2\n"}}},
          {10, FullStatus()},
          {UINT64_MAX, StatusResponse{}},
          {11, InclusionProofResponse{"an entry", 9, HashOf(1), {HashOf(2), HashOf(3)}, "note"}},
          {12, ConsistencyProofResponse{3, 9, HashOf(1), HashOf(2), {HashOf(3)}, "note"}},
          {13, EventsResponse{{"one", "two"}, 9}},
          {0, PingResponse{}}};
}

}  // namespace envledger
