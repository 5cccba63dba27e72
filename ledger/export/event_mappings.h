// Sealed entries in the formats of other tools. schema/MAPPINGS.md lists every field and where it comes from.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/envelope.h"

namespace envledger {

// One record with its context. Holds references only.
struct RecordInContext {
  std::string_view origin;   // the ledger's name
  const Envelope& envelope;  // folded up to its last record
  const Record& record;      // one of its records
  const Hash& leaf_hash;     // of the record's sealed bytes
};

// Each returns one JSON object on one line, without the newline.
std::string RecordLine(const RecordInContext& record);
std::string OcsfLine(const RecordInContext& record);        // OCSF 1.2.0 API Activity, class 6003
std::string CloudEventLine(const RecordInContext& record);  // CloudEvents 1.0, JSON event format

// The ledger's own events. REQUIRES: entry.event.
std::string EventLine(const EntryView& entry, const Hash& leaf_hash);
std::string EventCloudEventLine(std::string_view origin, const EntryView& entry, const Hash& leaf_hash);

// `origin` as a URI reference, with colons and characters that a reference may not contain percent-encoded.
std::string UriReference(std::string_view origin);

}  // namespace envledger
