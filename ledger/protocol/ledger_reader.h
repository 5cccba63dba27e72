// The questions that an auditor can ask a ledger, wherever it is: behind a socket (client/remote_reader.h), in a
// directory (query/stored_reader.h), or exported (tiles/tiles_reader.h). Requests and responses are those of the
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
  // or a damaged cursor.
  virtual Result<QueryResponse> Query(const QueryRequest& request) = 0;
  // kNotFound when the envelope has no record.
  virtual Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) = 0;
  virtual Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) = 0;
  virtual Result<EntriesResponse> Entries(const EntriesRequest& request) = 0;
  virtual Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) = 0;
  // kNotFound for a seq or a size beyond the end of the ledger, kInvalidArgument when seq is not below tree_size.
  virtual Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) = 0;
  // kNotFound for a size beyond the end of the ledger, kInvalidArgument unless 0 < old_size <= new_size.
  virtual Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) = 0;
  // kInvalidArgument for a name that no event has.
  virtual Result<EventsResponse> Events(const EventsRequest& request) = 0;
  virtual Result<StatusResponse> Status(const StatusRequest& request) = 0;
  // A running daemon waits for entries (FollowRequest in protocol.fbs). All other readers return the entries that are
  // there, possibly none.
  virtual Result<EntriesResponse> Follow(const FollowRequest& request) {
    return Entries({request.from_seq, request.limit});
  }
};

}  // namespace envledger
