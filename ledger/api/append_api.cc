#include "ledger/api/append_api.h"

#include "ledger/codec/message.h"
#include "ledger/codec/transition.h"

namespace envledger {

std::string ErrorFrame(const Status& status) {
  return EncodeResponse({0, ErrorInfo{status, -1, Stage::kUnspecified, std::nullopt}});
}

void AppendApi::Handle(const std::shared_ptr<const Recorder>& recorder, std::string bytes, const SendFrame& send) {
  const auto frame = std::make_shared<const std::string>(std::move(bytes));
  auto request = DecodeRequest(*frame);
  if (!request.ok()) {
    ledger_.CountRefusal(*recorder, request.status());
    send(EncodeResponse({CorrelationOf(*frame), ErrorInfo{std::move(request).status(), -1, Stage::kUnspecified, {}}}));
    return;
  }
  if (std::holds_alternative<PingRequest>(request->body)) {
    send(EncodeResponse({request->correlation, PingResponse{}}));
  } else if (auto* append = std::get_if<AppendRequest>(&request->body)) {
    HandleAppend(recorder, request->correlation, frame, std::move(*append), send);
  } else {
    const Status refused(Code::kNotPermitted, "socket", "nothing can be read on the append socket");
    ledger_.CountRefusal(*recorder, refused);
    send(EncodeResponse({request->correlation, ErrorInfo{refused, -1, Stage::kUnspecified, {}}}));
  }
}

void AppendApi::HandleAppend(const std::shared_ptr<const Recorder>& recorder, uint64_t correlation,
                             std::shared_ptr<const std::string> frame, AppendRequest request, const SendFrame& send) {
  const auto refuse = [&](Status status, int32_t item) {
    ledger_.CountRefusal(*recorder, status);
    send(EncodeResponse({correlation, ErrorInfo{std::move(status), item, Stage::kUnspecified, {}}}));
  };
  if (request.items.empty()) return refuse(InvalidField("items", "an append needs at least one transition"), -1);
  if (request.items.size() > max_batch_items_) {
    return refuse({Code::kResourceExhausted, "max-batch-items",
                   std::to_string(request.items.size()) + " transitions in one request, at most " +
                       std::to_string(max_batch_items_) + " are allowed"},
                  -1);
  }
  AppendWork work;
  work.facts.reserve(request.items.size());
  for (size_t i = 0; i < request.items.size(); ++i) {
    auto facts = CheckTransition(request.items[i].transition);
    if (!facts.ok()) return refuse(std::move(facts).status(), static_cast<int32_t>(i));
    work.facts.push_back(*std::move(facts));
  }
  work.frame = std::move(frame);
  work.items = std::move(request.items);
  work.recorder = recorder;
  work.done = [correlation, send](AppendResult result) {
    Response response;
    response.correlation = correlation;
    std::visit([&](auto& body) { response.body = std::move(body); }, result);
    send(EncodeResponse(response));
  };
  ledger_.Append(std::move(work));
}

}  // namespace envledger
