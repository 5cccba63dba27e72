// Responses: what is decoded encodes, and decodes to the same response.
#include "ledger/protocol/message.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const Result<Response> response = DecodeResponse(fuzz::View(data, size));
  if (!response.ok()) {
    fuzz::Require(response.status().code() == Code::kInvalidArgument, "a refusal says that it is malformed");
    return 0;
  }
  const std::string again = EncodeResponse(*response);
  const Response back = fuzz::RequireOk(DecodeResponse(again), "an accepted response can be sent on");
  fuzz::Require(back.body.index() == response->body.index(), "it is of the same kind");
  // Equal messages have equal bytes.
  fuzz::Require(EncodeResponse(back) == again, "it is the same response");
  if (const auto* error = std::get_if<ErrorInfo>(&back.body); error != nullptr) {
    fuzz::Require(!error->status.ok(), "a refusal is not ok");
  }
  return 0;
}
