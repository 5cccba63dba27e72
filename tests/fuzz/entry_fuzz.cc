// Entries: what is accepted can be built again from its values, and everything that reads entries can use it.
#include "ledger/analysis/findings.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/verifier.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/envelope.h"
#include "ledger/codec/json.h"
#include "ledger/codec/transition.h"
#include "ledger/export/event_mappings.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/use.h"

namespace envledger {
namespace {

// A buffer may share its strings, and then the entry takes more bytes when it is written without that.
bool IsTooLarge(const Status& status) { return status.message().find("; the limit is ") != std::string::npos; }

// Builds the entry again from its values; nothing when it would be too large.
Result<std::string> Again(const EntryView& view) {
  EntryBuilder builder;
  const auto built =
      view.event.has_value() ? builder.Build(view.header, *view.event) : builder.Build(view.header, view.transition);
  if (!built.ok()) return built.status();
  return std::string(*built);
}

void CheckRebuilt(const EntryView& view) {
  const Result<std::string> again = Again(view);
  if (!again.ok() && IsTooLarge(again.status())) return;
  fuzz::RequireOk(again, "an accepted entry can be built");
  const EntryView back = fuzz::RequireOk(CheckEntry(*again), "an entry that was built is accepted");
  fuzz::Require(back.transition == view.transition && back.event.has_value() == view.event.has_value(),
                "it has the same body");
  fuzz::Require(back.header.principal_links == view.header.principal_links &&
                    back.header.recorder == view.header.recorder && back.header.previous == view.header.previous,
                "it has the same header");
  fuzz::Require(*Again(back) == *again, "it is the same entry");
  if (view.header.recorder.producer.size() > kMaxProducerBytes) return;
  const size_t at_most = view.event.has_value()
                             ? EntryBytesAtMost(*view.event)
                             : EntryBytesAtMost(view.transition.size(), view.header.principal_links.size());
  fuzz::Require(again->size() <= at_most, "an entry is no larger than its bound");
}

void UseEvent(std::string_view bytes, const EntryView& view) {
  fuzz::RequireJson(LedgerEventJson(*view.event), "an event");
  fuzz::RequireJson(EventLine(view, LeafHash(bytes)), "an event's line");
  fuzz::RequireJson(EventCloudEventLine("ledger.example", view, LeafHash(bytes)), "an event's CloudEvents line");
  const auto finding = fuzz::RequireOk(LedgerFindings::ClockStep(bytes), "an event can be judged");
  fuzz::Require(finding.has_value() == std::holds_alternative<ClockStepped>(*view.event),
                "only a step of the clock is found");
  const Result<Genesis> genesis = GenesisOf(bytes, nullptr);
  if (genesis.ok()) {
    if (auto history = KeyHistory::From(*genesis, view.header.recorded_at); history.ok()) {
      fuzz::Require(!AddRotation(view, *history).ok(), "a genesis is no rotation");
    }
  }
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace envledger;
  const std::string bytes(fuzz::View(data, size));
  const bool holds_event = HoldsEvent(bytes);
  const PreparedEntry prepared = PrepareEntry(bytes);
  const Result<EntryView> view = CheckEntry(bytes);
  const Result<Record> record = DecodeRecord(bytes);
  if (!view.ok()) {
    fuzz::Require(view.status().code() == Code::kCorruption, "a malformed entry is corruption");
    fuzz::Require(!prepared.status.ok() && !record.ok(), "all readers refuse it");
    return 0;
  }
  fuzz::Require(holds_event == view->event.has_value(), "one field tells whether it is an event");
  CheckRebuilt(*view);
  if (view->event.has_value()) {
    fuzz::Require(!record.ok() && prepared.status.ok(), "an event is no record");
    UseEvent(bytes, *view);
    return 0;
  }
  const bool good = CheckTransition(view->transition).ok();
  fuzz::Require(prepared.status.ok() == good, "the verifier checks the transition");
  fuzz::Require(record.ok() == good, "the reader checks the transition");
  if (record.ok() && record->transition.stage == Stage::kRequested) fuzz::UseEnvelope({*record}, {bytes});
  return 0;
}
