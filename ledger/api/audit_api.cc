// Each kind of request has a lane of threads, so that none waits for one that costs more:
//
//   quick      ping and status: needs no more than a few short locks
//   sign-now   signing a checkpoint on request: waits for the disk
//   worker     everything else; each answer is bounded by the work for one page (AnswerLimits)
//   scan       queries without indexes: one page may read the whole log
//
// Within a lane, users take turns (WorkerPool). An answer should cost producers as little as possible, so the threads of
// the last two lanes have a low priority. Small requests are decoded on the thread that received them, because their lane
// must be known before they wait for any thread.
#include "ledger/api/audit_api.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "ledger/api/query_record.h"

namespace envledger {
namespace {

using Answered = Result<ResponseBody>;

constexpr size_t kDecodedAtOnce = 4096;  // bytes of a request
// Of threads: beside a thread of normal priority, 10 gets about a tenth of a processor, and 19 about a sixtieth.
constexpr int kNiceWorkers = 10;
constexpr int kNiceScans = 19;

template <typename T>
Answered Body(Result<T> result) {
  if (!result.ok()) return std::move(result).status();
  return ResponseBody(*std::move(result));
}

AnswerLimits Small(AnswerLimits limits) {
  limits.max_envelopes = std::min<uint32_t>(limits.max_envelopes, 16);
  limits.max_records = std::min<uint64_t>(limits.max_records, 64);
  limits.max_bytes = std::min<uint64_t>(limits.max_bytes, kSmallAnswerBytes);
  return limits;
}

// Adds its size to a count for as long as it lives.
class Charge {
 public:
  Charge(std::shared_ptr<std::atomic<uint64_t>> count, uint64_t bytes) : count_(std::move(count)), bytes_(bytes) {
    *count_ += bytes_;
  }
  ~Charge() { *count_ -= bytes_; }
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;

 private:
  const std::shared_ptr<std::atomic<uint64_t>> count_;
  const uint64_t bytes_;
};

}  // namespace

AuditApi::AuditApi(Ledger& ledger, const AuditApiOptions& options, std::function<std::vector<Gauge>()> more_gauges,
                   std::function<uint64_t()> unread_bytes)
    : ledger_(ledger),
      options_(options),
      more_gauges_(std::move(more_gauges)),
      unread_bytes_(std::move(unread_bytes)),
      unsent_bytes_(std::make_shared<std::atomic<uint64_t>>(0)),
      followers_(options.max_followers, ledger.log_end()),
      recorded_(options.recorded_per_second, options.recorded_per_second * kRecordedBurst),
      quick_({.threads = 1, .name = "quick"}),
      signing_({.threads = 1, .name = "sign-now"}),
      scans_({.threads = 1, .name = "scan", .nice = kNiceScans}),
      workers_({.threads = options.workers, .name = "worker", .nice = kNiceWorkers}) {}

// After this, only the workers themselves can queue more work.
AuditApi::~AuditApi() { followers_.Stop(); }

struct AuditApi::Question {
  std::shared_ptr<const Recorder> peer;
  Request request;
  SendFrame send;
  Interest interest;
  bool dropped() const { return interest.gone && interest.gone(); }
};

void AuditApi::Handle(std::shared_ptr<const Recorder> peer, std::string frame, SendFrame send, Interest interest) {
  if (frame.size() <= kDecodedAtOnce) {
    Begin(std::move(peer), frame, std::move(send), std::move(interest));
    return;
  }
  const uid_t user = peer->uid;
  workers_.Submit(user, [this, peer = std::move(peer), frame = std::move(frame), send = std::move(send),
                         interest = std::move(interest)]() mutable {
    Begin(std::move(peer), frame, std::move(send), std::move(interest));
  });
}

void AuditApi::Begin(std::shared_ptr<const Recorder> peer, const std::string& frame, SendFrame send,
                     Interest interest) {
  auto request = DecodeRequest(frame);
  if (!request.ok()) {
    send(WhenSent({CorrelationOf(frame), Refusal(std::move(request).status())}));
    return;
  }
  const auto question = std::make_shared<const Question>(
      Question{std::move(peer), *std::move(request), std::move(send), std::move(interest)});
  const auto* follow = std::get_if<FollowRequest>(&question->request.body);
  if (follow != nullptr && follow->wait_ms > 0 && !question->dropped()) {
    Follow(question, *follow);
  } else {
    Submit(question);
  }
}

struct AuditApi::Lane {
  AuditApi& api;
  WorkerPool& operator()(const PingRequest&) const { return api.quick_; }
  WorkerPool& operator()(const StatusRequest&) const { return api.quick_; }
  WorkerPool& operator()(const CheckpointsRequest& request) const {
    return request.latest && request.sign_now ? api.signing_ : api.workers_;
  }
  WorkerPool& operator()(const QueryRequest& request) const { return request.scan ? api.scans_ : api.workers_; }
  WorkerPool& operator()(const auto&) const { return api.workers_; }
};

void AuditApi::Submit(const std::shared_ptr<const Question>& question) {
  std::visit(Lane{*this}, question->request.body).Submit(question->peer->uid, [this, question] {
    if (!question->dropped()) AnswerNow(*question);
  });
}

// No thread waits for new entries: when there are some, a worker makes the answer.
void AuditApi::Follow(const std::shared_ptr<const Question>& question, const FollowRequest& follow) {
  const auto wait = std::min(std::chrono::milliseconds(follow.wait_ms), options_.max_wait);
  const auto waits = followers_.Wait(question->peer->uid, follow.from_seq, std::chrono::steady_clock::now() + wait,
                                     [this, question] { Submit(question); });
  if (!waits.ok()) {
    question->send(WhenSent({question->request.correlation, Refusal(waits.status())}));
  } else if (question->interest.when_gone) {
    question->interest.when_gone([this, ticket = *waits] { followers_.Cancel(ticket); });
  }
}

AnswerLimits AuditApi::LimitsNow() const {
  const uint64_t waiting = unread_bytes_() + *unsent_bytes_;
  return waiting > options_.max_unread_bytes / 2 ? Small(options_.limits) : options_.limits;
}

EncodeFrame AuditApi::Counted(std::string frame) const {
  auto charge = std::make_shared<Charge>(unsent_bytes_, frame.size());
  return [frame = std::move(frame), charge = std::move(charge)]() mutable { return std::move(frame); };
}

// With query auditing, the answer is made first, so that the event can describe it, and is sent only once the event is
// durable. It is encoded here, on a worker, because a long answer must hold up neither the committing thread, which
// reports the durable event, nor the thread that serves all connections.
void AuditApi::AnswerNow(const Question& question) {
  const auto& [peer, request, send, interest] = question;
  Response response{request.correlation, Answer(question)};
  if (question.dropped()) return;  // then the answer may have been cut short
  std::optional<QueryServed> event;
  if (options_.audit_queries) event = RecordOf(*peer, request.body, response.body);
  EncodeFrame encode = Counted(EncodeResponse(response));
  if (!event) {
    send(std::move(encode));
    return;
  }
  CountRecorded(peer->uid);
  ledger_.Seal(*std::move(event), [encode = std::move(encode), correlation = request.correlation,
                                   send = send](const AppendResult& sealed) mutable {
    const auto* error = std::get_if<ErrorInfo>(&sealed);
    if (error == nullptr) {
      send(std::move(encode));
      return;
    }
    Status refused(
        Code::kUnavailable, "audit-queries",
        "audit-queries is on, and this query could not be recorded in the ledger: " + error->status.ToString());
    send(WhenSent({correlation, Refusal(std::move(refused))}));
  });
}

// Whoever asks faster than its queries may be recorded is made to wait, not refused: a refusal would end an answer of
// many pages in the middle.
void AuditApi::CountRecorded(uid_t user) {
  const auto now = std::chrono::steady_clock::now();
  const auto next = recorded_.Take(user, now);
  if (next <= now) return;
  workers_.HoldBack(user, next);
  scans_.HoldBack(user, next);
}

// std::visit selects the function of each request type below; a type without one does not compile.
struct AuditApi::Reader {
  AuditApi& api;
  const AnswerLimits limits;

  Answered operator()(const PingRequest&) const { return ResponseBody(PingResponse{}); }
  Answered operator()(const AppendRequest&) const {
    return Status(Code::kNotPermitted, "socket", "nothing can be appended on the audit socket");
  }
  Answered operator()(const StatusRequest&) const {
    StatusResponse status = api.ledger_.Describe();
    for (Gauge& gauge : api.more_gauges_()) status.gauges.push_back(std::move(gauge));
    return ResponseBody(std::move(status));
  }
  Answered operator()(const CheckpointsRequest& request) const {
    if (!request.latest || !request.sign_now) return Body(RunCheckpoints(api.ledger_.LogView(), request, limits));
    ENVLEDGER_ASSIGN_OR_RETURN(std::string note, api.ledger_.SignNow());
    return ResponseBody(CheckpointsResponse{{std::move(note)}});
  }
  Answered operator()(const QueryRequest& request) const { return FromView(RunQuery, request, limits); }
  Answered operator()(const EnvelopeRequest& request) const { return FromView(RunEnvelope, request, limits); }
  Answered operator()(const PrincipalsRequest& request) const { return FromView(RunPrincipals, request, limits); }
  Answered operator()(const EntriesRequest& request) const {
    return Body(RunEntries(api.ledger_.LogView(), request, limits));
  }
  Answered operator()(const FollowRequest& request) const {
    const SharedPage::Asked asked{request.from_seq, request.limit, limits.max_records, limits.max_bytes};
    return Body(api.followed_.Get(asked, [&] {
      return RunEntries(api.ledger_.LogView(), {request.from_seq, request.limit}, limits);
    }));
  }
  Answered operator()(const InclusionProofRequest& request) const { return FromView(RunInclusionProof, request); }
  Answered operator()(const ConsistencyProofRequest& request) const { return FromView(RunConsistencyProof, request); }
  Answered operator()(const EventsRequest& request) const { return FromView(RunEvents, request, limits); }

 private:
  template <typename Run, typename... Arguments>
  Answered FromView(Run run, const Arguments&... arguments) const {
    ENVLEDGER_ASSIGN_OR_RETURN(const LedgerView view, api.ledger_.CurrentView());
    return Body(run(view, arguments...));
  }
};

ResponseBody AuditApi::Answer(const Question& question) {
  AnswerLimits limits = LimitsNow();
  limits.unwanted = question.interest.gone;
  Answered body = std::visit(Reader{*this, std::move(limits)}, question.request.body);
  if (body.ok()) return *std::move(body);
  ledger_.ReportDamage(body.status());
  return Refusal(std::move(body).status());
}

}  // namespace envledger
