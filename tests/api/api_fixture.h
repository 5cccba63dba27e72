// Requests to an api as the sockets hand them over, and its answers as a peer gets them.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "ledger/api/answer.h"
#include "ledger/protocol/message.h"

namespace envledger {

inline const Recorder kPeer{1001, 1002, 77, "gateway"};

// An answer on its way; the thread that waits for it encodes it.
using Answer = std::future<EncodeFrame>;

// `who` is what the api knows the peer by.
template <typename Api, typename Who>
Answer SendFrameTo(Api& api, const std::shared_ptr<Who>& who, std::string frame) {
  auto answer = std::make_shared<std::promise<EncodeFrame>>();
  api.Handle(who, std::move(frame), [answer](EncodeFrame encode) { answer->set_value(std::move(encode)); });
  return answer->get_future();
}

template <typename Api>
Answer SendFrameTo(Api& api, std::string frame) {
  return SendFrameTo(api, std::make_shared<const Recorder>(kPeer), std::move(frame));
}

inline Response Decoded(Answer answer) {
  const std::string frame = answer.get()();
  auto response = DecodeResponse(frame);
  EXPECT_TRUE(response.ok()) << response.status().ToString();
  return response.ok() ? *std::move(response) : Response();
}

// The refusal, or the status of success.
inline Status StatusOf(const ResponseBody& body) {
  const auto* error = std::get_if<ErrorInfo>(&body);
  return error != nullptr ? error->status : Ok();
}

}  // namespace envledger
