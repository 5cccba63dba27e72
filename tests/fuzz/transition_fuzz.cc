// Transitions: what is accepted has values, a JSON form and facts that agree, and gives an entry that readers accept.
#include "ledger/chain/lifecycle.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/envelope.h"
#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/use.h"

namespace envledger {
namespace {

void CheckAgreement(const TransitionFacts& facts, const Transition& transition) {
  fuzz::Require(facts.envelope_id == transition.envelope_id && facts.stage == transition.stage &&
                    facts.occurred_at == transition.occurred_at,
                "the facts are those of the transition");
  fuzz::Require(facts.effect == (transition.decision ? transition.decision->effect : Effect::kUnspecified),
                "the effect is that of the decision");
}

// A buffer may share its strings, and then the transition takes more bytes when it is written without that.
bool IsTooLarge(const Status& status) { return status.message().find("; the limit is ") != std::string::npos; }

void CheckBinary(const Transition& transition) {
  const Result<std::string> again = EncodeTransition(transition);
  if (!again.ok() && IsTooLarge(again.status())) return;
  fuzz::RequireOk(again, "an accepted transition can be encoded");
  fuzz::Require(DecodeTransition(*again) == transition, "the encoding is of the same transition");
}

void CheckJson(const Transition& transition) {
  const std::string json = TransitionJson(transition);
  fuzz::RequireJson(json, "the JSON form");
  const JsonTransition back = fuzz::RequireOk(ParseTransitionJson(json), "the JSON form can be read");
  fuzz::Require(back.remarks.empty(), "it says exactly what it says");
  fuzz::Require(back.transition == transition, "it is of the same transition");
}

// Seals it as the only record of a ledger and reads it as everybody does.
void CheckSealed(const CheckedTransition& checked, const Transition& transition) {
  EntryHeader header;
  header.seq = 1;
  header.recorded_at = *transition.occurred_at;
  header.recorder.producer = "producer";
  header.envelope_revision = 0;
  EntryBuilder builder;
  const std::string entry(fuzz::RequireOk(builder.Build(header, checked), "an accepted transition can be sealed"));
  fuzz::Require(entry.size() <= EntryBytesAtMost(checked.bytes().size(), 0), "an entry is no larger than its bound");
  const Record record = fuzz::RequireOk(DecodeRecord(entry), "a sealed transition is a record");
  fuzz::Require(record.transition == transition, "the record has the transition");
  if (CheckMove({}, checked.facts()).ok()) fuzz::UseEnvelope({record}, {entry});
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string_view bytes = fuzz::View(data, size);
  const Result<CheckedTransition> checked = CheckedTransition::Check(bytes);
  if (!checked.ok()) {
    fuzz::Require(checked.status().code() == Code::kInvalidArgument, "a refusal is the sender's fault");
    return 0;
  }
  const Transition transition = DecodeTransition(bytes);
  CheckAgreement(checked->facts(), transition);
  for (const FacetValue& facet : FacetsOf(bytes)) fuzz::Require(!facet.value.empty(), "a facet has a value");
  CheckBinary(transition);
  CheckJson(transition);
  CheckSealed(*checked, transition);
  return 0;
}
