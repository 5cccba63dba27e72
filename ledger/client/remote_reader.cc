#include "ledger/client/remote_reader.h"

namespace envledger {

Result<std::unique_ptr<LedgerReader>> RemoteReader::Connect(const std::string& socket,
                                                            std::chrono::milliseconds timeout) {
  auto client = AuditClient::Connect(socket, timeout);
  if (!client.ok()) {
    // Not kNotFound: the caller looks for an envelope or a checkpoint, which may well exist.
    const Code code = client.status().code() == Code::kNotFound ? Code::kUnavailable : client.status().code();
    return envledger::Status(code, "no ledger at " + socket + ": " + client.status().message());
  }
  return std::unique_ptr<LedgerReader>(new RemoteReader(*std::move(client)));
}

Result<QueryResponse> RemoteReader::Query(const QueryRequest& request) {
  return client_->CallFor<QueryResponse>(request);
}

Result<EnvelopeResponse> RemoteReader::FindEnvelope(const EnvelopeRequest& request) {
  return client_->CallFor<EnvelopeResponse>(request);
}

Result<PrincipalsResponse> RemoteReader::Principals(const PrincipalsRequest& request) {
  return client_->CallFor<PrincipalsResponse>(request);
}

Result<EntriesResponse> RemoteReader::Entries(const EntriesRequest& request) {
  return client_->CallFor<EntriesResponse>(request);
}

Result<CheckpointsResponse> RemoteReader::Checkpoints(const CheckpointsRequest& request) {
  return client_->CallFor<CheckpointsResponse>(request);
}

Result<InclusionProofResponse> RemoteReader::InclusionProof(const InclusionProofRequest& request) {
  return client_->CallFor<InclusionProofResponse>(request);
}

Result<ConsistencyProofResponse> RemoteReader::ConsistencyProof(const ConsistencyProofRequest& request) {
  return client_->CallFor<ConsistencyProofResponse>(request);
}

Result<EventsResponse> RemoteReader::Events(const EventsRequest& request) {
  return client_->CallFor<EventsResponse>(request);
}

Result<StatusResponse> RemoteReader::Status(const StatusRequest& request) {
  return client_->CallFor<StatusResponse>(request);
}

Result<EntriesResponse> RemoteReader::Follow(const FollowRequest& request) {
  return client_->CallFor<EntriesResponse>(request);
}

}  // namespace envledger
