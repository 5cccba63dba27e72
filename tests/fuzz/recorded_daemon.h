// The answers of a ledger as a daemon sends them: one frame after the other.
#pragma once

#include <string>

#include "ledger/protocol/ledger_reader.h"
#include "ledger/transport/frame.h"

namespace envledger::fuzz {

// Answers as `ledger` does, which must outlive it, and keeps every answer.
class RecordedDaemon : public LedgerReader {
 public:
  explicit RecordedDaemon(LedgerReader& ledger) : ledger_(ledger) {}
  const std::string& frames() const { return frames_; }

  Result<QueryResponse> Query(const QueryRequest& request) override { return Keep(ledger_.Query(request)); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override {
    return Keep(ledger_.FindEnvelope(request));
  }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) override {
    return Keep(ledger_.Principals(request));
  }
  Result<EntriesResponse> Entries(const EntriesRequest& request) override { return Keep(ledger_.Entries(request)); }
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
    return Keep(ledger_.Checkpoints(request));
  }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override {
    return Keep(ledger_.InclusionProof(request));
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override {
    return Keep(ledger_.ConsistencyProof(request));
  }
  Result<EventsResponse> Events(const EventsRequest& request) override { return Keep(ledger_.Events(request)); }
  Result<StatusResponse> Status(const StatusRequest& request) override { return Keep(ledger_.Status(request)); }

 private:
  template <typename Body>
  Result<Body> Keep(Result<Body> answer) {
    Response response;
    if (answer.ok()) {
      response.body = *answer;
    } else {
      ErrorInfo error;
      error.status = answer.status();
      response.body = error;
    }
    const std::string bytes = EncodeResponse(response);
    frames_ += FrameHeader(static_cast<uint32_t>(bytes.size())) + bytes;
    return answer;
  }

  LedgerReader& ledger_;
  std::string frames_;
};

}  // namespace envledger::fuzz
