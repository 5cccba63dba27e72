// A small request is checked at once, on the thread that received it: handing it to another thread would cost more. A
// request of megabytes takes milliseconds and goes to the workers, and so do all later ones of its connection until they
// have caught up, because a producer's records must reach the ledger in order. A worker takes one request of a
// connection and then puts the connection at the end of the queue.
//
// std::visit selects the handler of each request type below; a type without a handler does not compile.
#include "ledger/api/append_api.h"

#include <concepts>
#include <utility>

#include "ledger/codec/transition.h"
#include "ledger/protocol/message.h"

namespace envledger {
namespace {

template <typename T, typename... Types>
concept OneOf = (std::same_as<T, Types> || ...);

// Requests that only the audit socket answers.
template <typename T>
concept ReadRequest =
    OneOf<T, QueryRequest, EnvelopeRequest, PrincipalsRequest, EntriesRequest, CheckpointsRequest, StatusRequest,
          InclusionProofRequest, ConsistencyProofRequest, EventsRequest, FollowRequest>;

}  // namespace

// One request, and where to send its answer.
struct AppendApi::Call {
  AppendApi& api;
  const std::shared_ptr<const Recorder>& recorder;
  const std::shared_ptr<const std::string>& frame;
  const SendFrame& send;
  uint64_t correlation = 0;

  void operator()(const PingRequest&) const { send(WhenSent({correlation, PingResponse{}})); }
  void operator()(AppendRequest& request) const { api.Append(*this, std::move(request)); }
  void operator()(const ReadRequest auto&) const {
    api.Refuse(*this, {Code::kNotPermitted, "socket", "nothing can be read on the append socket"});
  }
};

AppendApi::AppendApi(Ledger& ledger, const AppendApiOptions& options)
    : ledger_(ledger), options_(options), workers_(options.workers) {}

std::shared_ptr<AppendApi::Producer> AppendApi::Connect(std::shared_ptr<const Recorder> recorder) const {
  return std::make_shared<Producer>(std::move(recorder));
}

void AppendApi::Handle(const std::shared_ptr<Producer>& producer, std::string frame, SendFrame send) {
  bool queued = false;
  {
    const MutexLock lock(producer->mutex_);
    if (producer->at_workers_ || frame.size() > kQuickFrameBytes) {
      producer->waiting_.push_back({std::move(frame), std::move(send)});
      if (std::exchange(producer->at_workers_, true)) return;
      queued = true;
    }
  }
  if (queued) {
    workers_.Submit([this, producer] { HandleNext(producer); });
  } else {
    HandleNow(producer->recorder_, std::move(frame), send);
  }
}

void AppendApi::HandleNext(const std::shared_ptr<Producer>& producer) {
  Producer::Waiting next;
  {
    const MutexLock lock(producer->mutex_);
    next = std::move(producer->waiting_.front());
    producer->waiting_.pop_front();
  }
  HandleNow(producer->recorder_, std::move(next.frame), next.send);
  {
    const MutexLock lock(producer->mutex_);
    producer->at_workers_ = !producer->waiting_.empty();
    if (!producer->at_workers_) return;
  }
  workers_.Submit([this, producer] { HandleNext(producer); });
}

void AppendApi::HandleNow(const std::shared_ptr<const Recorder>& recorder, std::string bytes, const SendFrame& send) {
  const auto frame = std::make_shared<const std::string>(std::move(bytes));
  auto request = DecodeRequest(*frame);
  const Call call{*this, recorder, frame, send, request.ok() ? request->correlation : CorrelationOf(*frame)};
  if (!request.ok()) return Refuse(call, std::move(request).status());
  std::visit(call, request->body);
}

void AppendApi::Refuse(const Call& call, Status status, int32_t item) {
  ledger_.CountRefusal(*call.recorder, status);
  call.send(WhenSent({call.correlation, Refusal(std::move(status), item)}));
}

void AppendApi::Append(const Call& call, AppendRequest request) {
  if (request.items.empty()) return Refuse(call, InvalidField("items", "an append needs at least one transition"));
  if (request.items.size() > options_.max_batch_items) {
    return Refuse(call, {Code::kResourceExhausted, "max-batch-items",
                         std::to_string(request.items.size()) + " transitions in one request; at most " +
                             std::to_string(options_.max_batch_items) + " are allowed"});
  }
  AppendWork work;
  work.items.reserve(request.items.size());
  for (size_t i = 0; i < request.items.size(); ++i) {
    auto checked = CheckedTransition::Check(request.items[i].transition);
    if (!checked.ok()) return Refuse(call, std::move(checked).status(), static_cast<int32_t>(i));
    work.items.push_back({*std::move(checked), request.items[i].expected_revision});
  }
  work.frame = call.frame;
  work.recorder = call.recorder;
  work.done = [correlation = call.correlation, send = call.send](AppendResult result) {
    send(WhenSent({correlation, std::visit([](auto& body) { return ResponseBody(std::move(body)); }, result)}));
  };
  ledger_.Append(std::move(work));
}

}  // namespace envledger
