// A blocking client of the audit socket: one request, one response.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "ledger/base/status.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Not thread-safe: one user at a time.
class AuditClient {
 public:
  // kUnavailable or kNotFound when there is no daemon at the path.
  static Result<std::unique_ptr<AuditClient>> Connect(const std::string& socket_path,
                                                      std::chrono::milliseconds timeout);
  ~AuditClient();

  // Sends the body as a request and returns the body of the response. An error response (ErrorInfo) becomes its status.
  // kUnavailable when the connection broke or `timeout` passed; the client cannot be used after that.
  Result<ResponseBody> Call(const RequestBody& body);

  // As Call, for a response of one type. kInternal when the daemon answered with another type.
  template <typename T>
  Result<T> CallFor(const RequestBody& body) {
    ENVLEDGER_ASSIGN_OR_RETURN(ResponseBody response, Call(body));
    if (T* value = std::get_if<T>(&response)) return std::move(*value);
    return Internal("the daemon answered with a response of another type");
  }

 private:
  class Impl;
  explicit AuditClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
