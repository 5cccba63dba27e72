// Answers leave the API as encoded frames, or as responses that the sender encodes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Returns the bytes of one frame. Owns everything it needs; called at most once, on any thread and at any later time.
using EncodeFrame = std::function<std::string()>;

// Takes the answer to one request. Called once, from any thread; must be quick. It may call `encode` later, or not at
// all when nobody is left to read the answer.
using SendFrame = std::function<void(EncodeFrame encode)>;

// Wraps a frame that is already encoded: for long answers, which a worker thread encodes.
EncodeFrame Ready(std::string frame);
// Wraps a response that is encoded when it is sent: for answers from the ledger's committing thread, which should not
// spend time on encoding between two writes.
EncodeFrame WhenSent(Response response);

// The refusal of a request, or of one item of it.
ErrorInfo Refusal(Status status, int32_t item = -1);
// The frame that reports an error outside any request to a peer (correlation 0).
std::string ErrorFrame(const Status& status);

}  // namespace envledger
