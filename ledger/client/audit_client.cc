#include "ledger/client/audit_client.h"

#include <poll.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "ledger/client/channel.h"

namespace envledger {

namespace {
using Steady = std::chrono::steady_clock;
}  // namespace

class AuditClient::Impl {
 public:
  Impl(std::unique_ptr<Channel> channel, std::chrono::milliseconds timeout)
      : channel_(std::move(channel)), timeout_(timeout) {}

  Result<ResponseBody> Call(const RequestBody& body);

 private:
  Result<std::string> Exchange(std::string_view request);

  std::unique_ptr<Channel> channel_;  // null once the connection cannot be used any more
  const std::chrono::milliseconds timeout_;
  uint64_t correlation_ = 0;
};

// Sends one frame and receives one.
Result<std::string> AuditClient::Impl::Exchange(std::string_view request) {
  const auto deadline = Steady::now() + timeout_;
  channel_->Queue(request);
  for (;;) {
    channel_->Write();
    std::vector<std::string> frames;
    const Status status = channel_->Read(frames);
    if (!frames.empty()) return std::move(frames.front());
    ENVLEDGER_RETURN_IF_ERROR(status);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
    if (left <= std::chrono::milliseconds::zero()) {
      return Unavailable("the ledger did not answer within " + std::to_string(timeout_.count()) + " ms");
    }
    pollfd events = channel_->Events();
    // Waits in steps that fit an int; a step that ends early is harmless.
    poll(&events, 1, static_cast<int>(std::min<int64_t>(left.count(), 60'000)));
  }
}

Result<ResponseBody> AuditClient::Impl::Call(const RequestBody& body) {
  if (channel_ == nullptr) return Unavailable("the connection to the ledger has ended");
  Result<std::string> frame = Exchange(EncodeRequest({.correlation = ++correlation_, .body = body}));
  Result<Response> response = frame.ok() ? DecodeResponse(*frame) : Result<Response>(std::move(frame).status());
  if (!response.ok()) {
    channel_.reset();
    return std::move(response).status();
  }
  // A refusal of the whole connection belongs to no request.
  const auto* refusal = std::get_if<ErrorInfo>(&response->body);
  if (response->correlation != correlation_) channel_.reset();
  if (refusal != nullptr && (channel_ != nullptr || response->correlation == 0)) return refusal->status;
  if (channel_ == nullptr) return Internal("the ledger answered a request that was never made");
  return std::move(response->body);
}

AuditClient::AuditClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AuditClient::~AuditClient() = default;

Result<std::unique_ptr<AuditClient>> AuditClient::Connect(const std::string& socket_path,
                                                          std::chrono::milliseconds timeout) {
  ENVLEDGER_ASSIGN_OR_RETURN(std::unique_ptr<Channel> channel, Channel::Connect(socket_path));
  return std::unique_ptr<AuditClient>(new AuditClient(std::make_unique<Impl>(std::move(channel), timeout)));
}

Result<ResponseBody> AuditClient::Call(const RequestBody& body) { return impl_->Call(body); }

}  // namespace envledger
