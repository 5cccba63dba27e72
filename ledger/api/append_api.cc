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

void AppendApi::Handle(const std::shared_ptr<const Recorder>& recorder, std::string bytes, const SendFrame& send) {
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
  if (request.items.size() > max_batch_items_) {
    return Refuse(call, {Code::kResourceExhausted, "max-batch-items",
                         std::to_string(request.items.size()) + " transitions in one request; at most " +
                             std::to_string(max_batch_items_) + " are allowed"});
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
