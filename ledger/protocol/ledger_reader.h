// What an auditor can ask a ledger, wherever it is: behind a socket (client/remote_reader.h), in a directory
// (query/stored_reader.h), or exported (tiles/tiles_reader.h). Requests, responses and their meaning are those of the
// protocol (protocol/message.h).
#pragma once

#include "ledger/base/status.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Not thread-safe: one user at a time.
class LedgerReader {
 public:
  virtual ~LedgerReader() = default;
  // One page of envelopes; Completeness::next_cursor asks for the next. kInvalidArgument for a cursor of another query
  // and for a damaged one.
  virtual Result<QueryResponse> Query(const QueryRequest& request) = 0;
  // kNotFound when the envelope has no record.
  virtual Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) = 0;
  virtual Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) = 0;
  virtual Result<EntriesResponse> Entries(const EntriesRequest& request) = 0;
  virtual Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) = 0;
  // kNotFound for a seq or a size that the ledger has not reached, kInvalidArgument when seq is not below tree_size.
  virtual Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) = 0;
  // kNotFound for a size that the ledger has not reached, kInvalidArgument unless 0 < old_size <= new_size.
  virtual Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) = 0;
  // kInvalidArgument for a name that no event has.
  virtual Result<EventsResponse> Events(const EventsRequest& request) = 0;
  virtual Result<StatusResponse> Status(const StatusRequest& request) = 0;
  // Entries, for which a running daemon waits (FollowRequest in protocol.fbs); all others give what is there, and none
  // when there is nothing.
  virtual Result<EntriesResponse> Follow(const FollowRequest& request) {
    return Entries({request.from_seq, request.limit});
  }
};

}  // namespace envledger
