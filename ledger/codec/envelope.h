// The current state of an envelope, folded from its records, and the relation of what was granted to what was
// requested.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/model.h"

namespace envledger {

// One record of an envelope, decoded.
struct Record {
  uint64_t seq = 0;
  Nanos recorded_at = 0;
  uint64_t revision = 0;
  std::optional<uint64_t> previous;  // the seq of the envelope's previous record
  Recorder recorder;
  std::vector<PrincipalLink> links;
  Transition transition;
};

// Decodes an entry's bytes as a record. kCorruption when the bytes are not a well-formed entry; kInvalidArgument when
// the entry carries a ledger event.
Result<Record> DecodeRecord(std::string_view entry_bytes);

// The resource of that name, which points into `resources`; null when there is none.
const Resource* FindResource(const ResourceMap& resources, std::string_view name);

enum class Relation : uint8_t { kAsRequested, kNarrowed, kWidened, kWithheld, kUnstated, kAdded };
std::string_view Name(Relation relation);  // "as_requested", ...
std::optional<Relation> ParseRelation(std::string_view name);

// For each resource name, how the grant compares with the request; see "Relation of granted to requested" in FORMAT.md.
using RelationMap = std::map<std::string, Relation>;
RelationMap RelationOf(const ResourceMap& requested, const ResourceMap& granted);

// The envelope as of its last record.
struct Envelope {
  std::string envelope_id;
  Stage stage = Stage::kUnspecified;  // annotations do not change it
  Nanos opened_at = 0;                // occurred_at of the first record
  Nanos updated_at = 0;               // occurred_at of the last record
  Identity identity;
  Execution execution;
  Scope scope;
  ResourceMap requested;
  std::optional<Correlation> correlation;
  std::optional<Granted> granted;    // the latest grant
  std::optional<Decision> decision;  // the latest decision that has an effect or a decider
  std::optional<Routing> routing;    // the latest
  std::optional<Outcome> outcome;    // the latest
  std::string reason;                // the latest
  RelationMap relation;              // empty when there was never a grant
  uint64_t grant_revision = 0;       // 0: never granted
  uint64_t first_seq = 0;
  uint64_t last_seq = 0;
  uint64_t revisions = 0;  // how many records
};

// The records that had happened by `at`: those with occurred_at at or before it, in the ledger's order. Empty when the
// first record had not happened. REQUIRES: not empty.
std::vector<Record> RecordsAsOf(const std::vector<Record>& records, Nanos at);

// Folds records one by one. Holds no more of them than the resulting Envelope does.
class EnvelopeFold {
 public:
  // In the order of their revisions. REQUIRES: the first is `requested`.
  void Add(const Record& record);
  uint64_t records() const { return envelope_.revisions; }
  // The envelope as of the last record. REQUIRES: records() > 0.
  Envelope Get() const;

 private:
  Envelope envelope_;  // its relation is filled in by Get
};

// The fold of these records. REQUIRES: not empty, the first is `requested`.
Envelope FoldEnvelope(const std::vector<Record>& records);

}  // namespace envledger
