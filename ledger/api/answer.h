// How answers leave the api: as frames that are encoded already, or as responses that whoever sends them encodes.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/protocol/message.h"

namespace envledger {

// Gives the bytes of one frame. Owns what it needs; called at most once, on any thread and at any later time.
using EncodeFrame = std::function<std::string()>;

// Takes the answer to one request; called once, from any thread, and quick. It need not call `encode` there and then,
// and does not when nobody is there to read the answer.
using SendFrame = std::function<void(EncodeFrame encode)>;

// A frame that is encoded already: by a thread that has the time, for an answer that may be long.
EncodeFrame Ready(std::string frame);
// A response that is encoded when it is sent: for the ledger's committing thread, which answers between two writes and
// should not spend that time on encoding.
EncodeFrame WhenSent(Response response);

// The refusal of a request, or of its item `item`.
ErrorInfo Refusal(Status status, int32_t item = -1);
// The frame that tells a peer of an error outside any request (correlation 0).
std::string ErrorFrame(const Status& status);

}  // namespace envledger
