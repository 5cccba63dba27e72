// Envelopes of several records: lines of the JSON form, each appended if the lifecycle allows it, folded and written in
// every form.
#include "ledger/chain/lifecycle.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/envelope.h"
#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/use.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  fuzz::Pieces pieces(fuzz::View(data, size));
  LifecycleState state;
  std::vector<Record> records;
  std::vector<std::string> entries;
  EntryBuilder builder;
  while (!pieces.empty()) {
    Result<JsonTransition> parsed = ParseTransitionJson(pieces.Line());
    if (!parsed.ok()) continue;
    parsed->transition.envelope_id = "envelope";
    const Result<std::string> bytes = EncodeTransition(parsed->transition);
    if (!bytes.ok()) continue;
    const CheckedTransition checked = fuzz::RequireOk(CheckedTransition::Check(*bytes), "what was encoded is accepted");
    if (!CheckMove(state, checked.facts()).ok()) continue;
    EntryHeader header;
    header.seq = 1 + records.size();
    header.recorded_at = 1'773'739'200 * kSecond;
    header.envelope_revision = state.revisions;
    if (!records.empty()) header.envelope_previous = records.back().seq;
    state = Advance(state, checked.facts());
    fuzz::Require(state.revisions == records.size() + 1, "each record is a revision");
    entries.emplace_back(fuzz::RequireOk(builder.Build(header, checked), "an accepted transition can be sealed"));
    records.push_back(fuzz::RequireOk(DecodeRecord(entries.back()), "a sealed transition is a record"));
  }
  if (!records.empty()) fuzz::UseEnvelope(records, entries);
  return 0;
}
