#include "ledger/api/answer.h"

#include <utility>

namespace envledger {

EncodeFrame Ready(std::string frame) {
  return [frame = std::move(frame)]() mutable { return std::move(frame); };
}

EncodeFrame WhenSent(Response response) {
  return [response = std::move(response)] { return EncodeResponse(response); };
}

ErrorInfo Refusal(Status status, int32_t item) { return {std::move(status), item, Stage::kUnspecified, std::nullopt}; }

std::string ErrorFrame(const Status& status) { return EncodeResponse({0, Refusal(status)}); }

}  // namespace envledger
