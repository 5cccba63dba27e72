#include "ledger/api/audit_api.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "ledger/api/query_record.h"

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
      followers_(options.max_followers, ledger.log_end()),
      workers_(options.workers) {}

// From here on nobody but the workers themselves gives them work.
AuditApi::~AuditApi() { followers_.Stop(); }

void AuditApi::Handle(std::shared_ptr<const Recorder> peer, std::string frame, SendFrame send) {
  workers_.Submit([this, peer = std::move(peer), frame = std::move(frame), send = std::move(send)] {
    auto request = DecodeRequest(frame);
    if (!request.ok()) {
      send(EncodeResponse({CorrelationOf(frame), ErrorInfo{std::move(request).status(), -1, Stage::kUnspecified, {}}}));
      return;
    }
    const auto* follow = std::get_if<FollowRequest>(&request->body);
    if (follow == nullptr || follow->wait_ms == 0) {
      AnswerNow(*peer, *request, send);
      return;
    }
    // Nobody's thread waits: the answer is made by a worker when there is something to answer.
    const auto wait = std::min(std::chrono::milliseconds(follow->wait_ms), options_.max_wait);
    const Status waits = followers_.Wait(
        follow->from_seq, std::chrono::steady_clock::now() + wait, [this, peer, send, request = *request] {
          workers_.Submit([this, peer, send, request] { AnswerNow(*peer, request, send); });
        });
    if (waits.ok()) return;
    send(EncodeResponse({request->correlation, ErrorInfo{waits, -1, Stage::kUnspecified, {}}}));
  });
}

// With query auditing the answer is made first, so that the event can say what it held, and sent only when the event is
// durable. The frame is made here: the committing thread, which says that the event is durable, only passes it on.
void AuditApi::AnswerNow(const Recorder& peer, const Request& request, const SendFrame& send) {
  Response response{request.correlation, Answer(request.body)};
  std::optional<QueryServed> event;
  if (options_.audit_queries) event = RecordOf(peer, request.body, response.body);
  std::string frame = EncodeResponse(response);
  if (!event) {
    send(std::move(frame));
    return;
  }
  ledger_.Seal(*std::move(event), [frame = std::move(frame), correlation = request.correlation,
                                   send](const AppendResult& sealed) {
    const auto* error = std::get_if<ErrorInfo>(&sealed);
    if (error == nullptr) {
      send(frame);
      return;
    }
    Status refused(Code::kUnavailable, "audit-queries",
                   "queries are on the record here, and this one cannot be sealed: " + error->status.ToString());
    send(EncodeResponse({correlation, ErrorInfo{std::move(refused), -1, Stage::kUnspecified, {}}}));
  });
}

ResponseBody AuditApi::Answer(const RequestBody& request) {
  Result<ResponseBody> body = Read(request);
  if (body.ok()) return *std::move(body);
  ledger_.ReportDamage(body.status());
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
  if (const auto* follow = std::get_if<FollowRequest>(&request)) {
    return Body(RunEntries(view, {follow->from_seq, follow->limit}, limits));
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
