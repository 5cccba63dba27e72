// A real ledger that grows while it is queried.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "ledger/protocol/ledger_reader.h"
#include "ledger/query/view.h"
#include "tests/support/ledger_fixture.h"

namespace envledger {

// Answers like the audit socket of a running ledger: each request sees the ledger as of that moment. Before each
// request the test may append.
class Growing : public LedgerReader {
 public:
  Growing(TestLedger& ledger, std::function<void()> grow, std::function<void(QueryResponse&)> spoil)
      : ledger_(ledger), grow_(std::move(grow)), spoil_(std::move(spoil)) {}

  Result<QueryResponse> Query(const QueryRequest& request) override {
    AnswerLimits pages;
    pages.max_envelopes = 2;
    auto answer = RunQuery(View(), request, pages);
    if (answer.ok() && spoil_) spoil_(*answer);
    return answer;
  }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override {
    return RunEnvelope(View(), request, {});
  }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) override {
    return RunPrincipals(View(), request, {});
  }
  Result<EntriesResponse> Entries(const EntriesRequest& request) override { return RunEntries(View(), request, {}); }
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
    const LedgerView view = View();
    if (!request.sign_now) return RunCheckpoints(view, request, {});
    ENVLEDGER_ASSIGN_OR_RETURN(std::string note, ledger_.ledger().SignNow());
    return CheckpointsResponse{.notes = {std::move(note)}};
  }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override {
    return RunInclusionProof(View(), request);
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override {
    return RunConsistencyProof(View(), request);
  }
  Result<EventsResponse> Events(const EventsRequest& request) override { return RunEvents(View(), request, {}); }
  Result<StatusResponse> Status(const StatusRequest&) override { return Unavailable("not asked for here"); }

 private:
  LedgerView View() {
    if (grow_) grow_();
    return *ledger_.ledger().CurrentView();
  }
  TestLedger& ledger_;
  std::function<void()> grow_;
  std::function<void(QueryResponse&)> spoil_;
};

}  // namespace envledger
