// A ledger that is read through a daemon's audit socket.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "ledger/client/audit_client.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

class RemoteReader : public LedgerReader {
 public:
  // kUnavailable when no daemon answers at the path, whatever the reason.
  static Result<std::unique_ptr<LedgerReader>> Connect(const std::string& socket, std::chrono::milliseconds timeout);

  Result<QueryResponse> Query(const QueryRequest& request) override;
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override;
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) override;
  Result<EntriesResponse> Entries(const EntriesRequest& request) override;
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override;
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override;
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override;
  Result<EventsResponse> Events(const EventsRequest& request) override;
  Result<StatusResponse> Status(const StatusRequest& request) override;
  Result<EntriesResponse> Follow(const FollowRequest& request) override;

 private:
  explicit RemoteReader(std::unique_ptr<AuditClient> client) : client_(std::move(client)) {}
  std::unique_ptr<AuditClient> client_;
};

}  // namespace envledger
