// Requests: what is decoded encodes, and decodes to the same request; what the daemon does first with it works.
#include <variant>

#include "ledger/codec/transition.h"
#include "ledger/protocol/match.h"
#include "ledger/protocol/message.h"
#include "ledger/query/cursor.h"
#include "tests/fuzz/fuzz.h"

namespace envledger {
namespace {

void Use(const AppendRequest& request) {
  for (const AppendItem& item : request.items) {
    if (CheckTransition(item.transition).ok()) DecodeTransition(item.transition);
  }
}
void Use(const QueryRequest& request) {
  PlaceRuleOf(request);
  const std::string question = QuestionOf(request);
  fuzz::Require(PlaceOfCursor(question, CursorAfter(question, "17")).ok(), "a query accepts its own cursors");
}
void Use(const PrincipalsRequest& request) {
  const std::string question = QuestionOf(request);
  fuzz::Require(PlaceOfCursor(question, CursorAfter(question, "17")).ok(), "a list accepts its own cursors");
}
template <typename Other>
void Use(const Other&) {}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string_view bytes = fuzz::View(data, size);
  const uint64_t correlation = CorrelationOf(bytes);
  const Result<Request> request = DecodeRequest(bytes);
  if (!request.ok()) {
    fuzz::Require(request.status().code() == Code::kInvalidArgument, "a refusal is the sender's fault");
    return 0;
  }
  fuzz::Require(correlation == request->correlation, "the correlation can be read without the rest");
  const std::string again = EncodeRequest(*request);
  const Request back = fuzz::RequireOk(DecodeRequest(again), "an accepted request can be sent on");
  fuzz::Require(back.body.index() == request->body.index(), "it is of the same kind");
  // Equal messages have equal bytes.
  fuzz::Require(EncodeRequest(back) == again, "it is the same request");
  std::visit([](const auto& body) { Use(body); }, request->body);
  return 0;
}
