// The project's own record formats (csv, jsonl) and CloudEvents. In CloudEvents, the whole transition goes into `data`,
// and only what is needed to route or sort an event becomes an attribute. The standard forbids control characters in
// attributes, so they are escaped there; `data` has them exactly.
#include "ledger/export/event_mappings.h"

#include "ledger/codec/json.h"
#include "ledger/export/envelope_json.h"
#include "ledger/json/writer.h"
#include "ledger/text/safe_text.h"
#include "ledger/text/words.h"

namespace envledger {
namespace {

Nanos OccurredAt(const Record& record) { return record.transition.occurred_at.value_or(0); }

// The number is padded because `sequence` must sort as text.
std::string Padded(uint64_t seq) {
  std::string text = std::to_string(seq);
  return std::string(20 - text.size(), '0') + text;
}

// The words that the authcontext extension defines.
std::string_view AuthType(PrincipalKind kind) {
  switch (kind) {
    case PrincipalKind::kUser:
      return "user";
    case PrincipalKind::kSystem:
      return "system";
    case PrincipalKind::kService:
    case PrincipalKind::kAgent:
    case PrincipalKind::kWorkload:
    case PrincipalKind::kJob:
    case PrincipalKind::kRole:
      return "service_account";
    default:
      return {};
  }
}

void AddCommon(JsonObject& json, std::string_view origin, uint64_t seq, const std::string& type) {
  const std::string source = UriReference(origin);
  json.Text("specversion", "1.0").Text("id", source + "/" + std::to_string(seq)).Text("source", source);
  json.Text("type", type);
}

void AddLedger(JsonObject& json, uint64_t seq, Nanos recorded_at, const Hash& leaf_hash) {
  json.Text("recordedtime", FormatTime(recorded_at))
      .Text("sequence", Padded(seq))
      .Text("ledgerseq", std::to_string(seq))
      .Text("leafhash", Hex(View(leaf_hash)));
}

}  // namespace

std::string UriReference(std::string_view origin) {
  std::string text;
  for (const char c : origin) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain) {
      text += c;
    } else {
      text += '%' + Hex(std::string_view(&c, 1));
    }
  }
  return text;
}

std::string RecordLine(const RecordInContext& of) {
  const Record& record = of.record;
  JsonObject json;
  json.Number("seq", record.seq)
      .Text("recorded_at", FormatTime(record.recorded_at))
      .Raw("recorder", RecorderJson(record.recorder))
      .Text("leaf_hash", Hex(View(of.leaf_hash)))
      .Number("revision", record.revision)
      .Raw("transition", TransitionJson(record.transition));
  return json.str();
}

std::string EventLine(const EntryView& entry, const Hash& leaf_hash) {
  JsonObject json;
  json.Number("seq", entry.header.seq)
      .Text("recorded_at", FormatTime(entry.header.recorded_at))
      .Raw("recorder", RecorderJson(entry.header.recorder))
      .Text("leaf_hash", Hex(View(leaf_hash)))
      .Raw("event", LedgerEventJson(*entry.event));
  return json.str();
}

std::string CloudEventLine(const RecordInContext& of) {
  const Record& record = of.record;
  const Principal& requester = of.envelope.identity.requester;
  JsonObject json;
  AddCommon(json, of.origin, record.seq, "org.envledger.transition." + std::string(Name(record.transition.stage)));
  json.Text("subject", record.transition.envelope_id)
      .Text("time", FormatTime(OccurredAt(record)))
      .Text("datacontenttype", "application/json");
  AddLedger(json, record.seq, record.recorded_at, of.leaf_hash);
  if (const std::string_view type = AuthType(requester.kind); !type.empty()) {
    json.Text("authtype", type).Text("authid", SafeText(requester.id));
  }
  if (of.envelope.correlation) json.TextIfAny("traceparent", of.envelope.correlation->traceparent);
  return json.Raw("data", TransitionJson(record.transition)).str();
}

std::string EventCloudEventLine(std::string_view origin, const EntryView& entry, const Hash& leaf_hash) {
  const EntryHeader& header = entry.header;
  JsonObject json;
  AddCommon(json, origin, header.seq, "org.envledger.event." + std::string(EventName(*entry.event)));
  json.Text("time", FormatTime(header.recorded_at)).Text("datacontenttype", "application/json");
  AddLedger(json, header.seq, header.recorded_at, leaf_hash);
  return json.Raw("data", LedgerEventJson(*entry.event)).str();
}

}  // namespace envledger
