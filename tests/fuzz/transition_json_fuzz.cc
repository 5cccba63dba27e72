// The JSON form of transitions: what is read writes, and reads as the same transition; so does its binary form.
#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/use.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string text(fuzz::View(data, size));
  const Result<JsonTransition> parsed = ParseTransitionJson(text);
  if (!parsed.ok()) {
    fuzz::Require(parsed.status().code() == Code::kInvalidArgument, "a refusal is the author's fault");
    return 0;
  }
  fuzz::RequireJson(text, "what is read");
  const std::string json = TransitionJson(parsed->transition);
  fuzz::RequireJson(json, "what is written");
  const Result<std::string> binary = EncodeTransition(parsed->transition);
  if (!binary.ok()) return 0;  // the JSON form may say what no transition may
  const JsonTransition back = fuzz::RequireOk(ParseTransitionJson(json), "the JSON form can be read");
  fuzz::Require(back.transition == parsed->transition, "it is of the same transition");
  fuzz::Require(TransitionJson(back.transition) == json, "it is the same text");
  fuzz::Require(DecodeTransition(*binary) == parsed->transition, "the binary form is of the same transition");
  return 0;
}
