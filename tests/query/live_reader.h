// A running ledger as a reader, without sockets.
#pragma once

#include "ledger/protocol/ledger_reader.h"
#include "ledger/query/view.h"
#include "ledger/service/ledger.h"

namespace envledger {

// A running ledger asked as its audit socket asks it, as of the moment of construction.
class LiveReader : public LedgerReader {
 public:
  explicit LiveReader(Ledger& ledger) : view_(*ledger.CurrentView()) {}
  LiveReader(const LedgerView& view, const AnswerLimits& given) : limits(given), view_(view) {}
  Result<QueryResponse> Query(const QueryRequest& request) override { return RunQuery(view_, request, limits); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override {
    ++asked_for_envelopes;
    return RunEnvelope(view_, request, limits);
  }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) override {
    return RunPrincipals(view_, request, limits);
  }
  Result<EntriesResponse> Entries(const EntriesRequest& request) override {
    ++asked;
    return RunEntries(view_, request, limits);
  }
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
    return RunCheckpoints(view_, request, limits);
  }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override {
    return RunInclusionProof(view_, request);
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override {
    return RunConsistencyProof(view_, request);
  }
  Result<EventsResponse> Events(const EventsRequest& request) override { return RunEvents(view_, request, limits); }
  Result<StatusResponse> Status(const StatusRequest&) override { return Unavailable("not asked for here"); }

  AnswerLimits limits;
  int asked = 0;  // for entries
  int asked_for_envelopes = 0;

 private:
  const LedgerView view_;
};

}  // namespace envledger
