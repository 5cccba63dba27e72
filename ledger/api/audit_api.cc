#include "ledger/api/audit_api.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "ledger/audit/tree_index.h"

namespace envledger {
namespace {

template <typename T>
Result<ResponseBody> Body(Result<T> result) {
  if (!result.ok()) return std::move(result).status();
  return ResponseBody(*std::move(result));
}

// Pages of a few dozen kilobytes: all that clients may hold unread then is small, and nobody is turned away.
AnswerLimits Small(AnswerLimits limits) {
  limits.max_envelopes = std::min<uint32_t>(limits.max_envelopes, 16);
  limits.max_records = std::min<uint64_t>(limits.max_records, 64);
  limits.max_bytes = std::min<uint64_t>(limits.max_bytes, 64 << 10);
  return limits;
}

}  // namespace

AuditApi::AuditApi(Ledger& ledger, const AuditApiOptions& options, std::function<std::vector<Gauge>()> more_gauges,
                   std::function<bool()> busy)
    : ledger_(ledger),
      options_(options),
      more_gauges_(std::move(more_gauges)),
      busy_(std::move(busy)),
      workers_(options.workers) {}

void AuditApi::Handle(std::string frame, SendFrame send) {
  workers_.Submit([this, frame = std::move(frame), send = std::move(send)] {
    auto request = DecodeRequest(frame);
    Response response;
    if (request.ok()) {
      response.correlation = request->correlation;
      response.body = Answer(request->body);
    } else {
      response.correlation = CorrelationOf(frame);
      response.body = ErrorInfo{std::move(request).status(), -1, Stage::kUnspecified, {}};
    }
    send(EncodeResponse(response));
  });
}

ResponseBody AuditApi::Answer(const RequestBody& request) {
  Result<ResponseBody> body = Read(request);
  if (body.ok()) return *std::move(body);
  if (IsIndexDamage(body.status())) ledger_.ReportIndexDamage(body.status().message());
  return ErrorInfo{std::move(body).status(), -1, Stage::kUnspecified, {}};
}

Result<ResponseBody> AuditApi::Read(const RequestBody& request) {
  if (std::holds_alternative<PingRequest>(request)) return ResponseBody(PingResponse{});
  if (std::holds_alternative<AppendRequest>(request)) {
    return Status(Code::kNotPermitted, "socket", "nothing can be appended on the audit socket");
  }
  if (std::holds_alternative<StatusRequest>(request)) {
    StatusResponse status = ledger_.Describe();
    for (Gauge& gauge : more_gauges_()) status.gauges.push_back(std::move(gauge));
    return ResponseBody(std::move(status));
  }
  const AnswerLimits limits = busy_() ? Small(options_.limits) : options_.limits;
  if (const auto* checkpoints = std::get_if<CheckpointsRequest>(&request);
      checkpoints != nullptr && checkpoints->latest && checkpoints->sign_now) {
    ENVLEDGER_ASSIGN_OR_RETURN(std::string note, ledger_.SignNow());
    return ResponseBody(CheckpointsResponse{{std::move(note)}});
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const LedgerView view, ledger_.CurrentView());
  if (const auto* query = std::get_if<QueryRequest>(&request)) return Body(RunQuery(view, *query, limits));
  if (const auto* envelope = std::get_if<EnvelopeRequest>(&request)) return Body(RunEnvelope(view, *envelope));
  if (const auto* principals = std::get_if<PrincipalsRequest>(&request)) {
    return Body(RunPrincipals(view, *principals, limits));
  }
  if (const auto* entries = std::get_if<EntriesRequest>(&request)) {
    return Body(RunEntries(view, *entries, limits));
  }
  if (const auto* checkpoints = std::get_if<CheckpointsRequest>(&request)) {
    return Body(RunCheckpoints(view, *checkpoints, limits));
  }
  if (const auto* proof = std::get_if<InclusionProofRequest>(&request)) return Body(RunInclusionProof(view, *proof));
  if (const auto* proof = std::get_if<ConsistencyProofRequest>(&request)) {
    return Body(RunConsistencyProof(view, *proof));
  }
  if (const auto* events = std::get_if<EventsRequest>(&request)) return Body(RunEvents(view, *events, limits));
  return Internal("a request without an answer");
}

}  // namespace envledger
