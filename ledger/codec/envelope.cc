#include "ledger/codec/envelope.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "ledger/base/siphash.h"
#include "ledger/codec/transition.h"

namespace envledger {
namespace {

constexpr std::array<std::string_view, 6> kRelationNames = {"as_requested", "narrowed", "widened",
                                                            "withheld",     "unstated", "added"};

// Whether two amounts count the same thing: both the total, or both the amount for each unit of one resource.
bool Comparable(const Resource& asked, const Resource& given) {
  if (asked.per != given.per) return false;
  return asked.unit_of.empty() || given.unit_of.empty() || asked.unit_of == given.unit_of;
}

Relation Compare(const Resource& asked, const Resource& given) {
  if (!Comparable(asked, given)) return Relation::kUnstated;
  const bool bounds = asked.min.has_value() || asked.max.has_value();
  if (!given.amount.has_value()) {
    // A grant that repeats the bounds of a request without an amount gives what was asked. Other bounds name no amount.
    const bool repeated = bounds && !asked.amount.has_value() && asked.min == given.min && asked.max == given.max;
    return repeated ? Relation::kAsRequested : Relation::kUnstated;
  }
  if (!asked.amount.has_value() && !bounds) return Relation::kUnstated;

  // A request for an exact amount has that amount as both bounds.
  const std::optional<int64_t> least = asked.amount.has_value() ? asked.amount : asked.min;
  const std::optional<int64_t> most = asked.amount.has_value() ? asked.amount : asked.max;
  const int64_t amount = *given.amount;
  if (least.has_value() && amount < *least) {
    return amount == 0 ? Relation::kWithheld : Relation::kNarrowed;  // amount < least, so more than 0 was asked for
  }
  if (most.has_value() && amount > *most) return Relation::kWidened;
  return Relation::kAsRequested;
}

// What this record says replaces what earlier records said.
void Apply(const Record& record, Envelope& envelope) {
  const Transition& transition = record.transition;
  if (transition.stage != Stage::kAnnotated) envelope.stage = transition.stage;
  if (transition.granted.has_value()) {
    envelope.granted = transition.granted;
    ++envelope.grant_revision;
  }
  if (const auto& decision = transition.decision;
      decision.has_value() && (decision->effect != Effect::kUnspecified || decision->decider.has_value())) {
    envelope.decision = decision;
  }
  if (transition.routing.has_value()) envelope.routing = transition.routing;
  if (transition.outcome.has_value()) envelope.outcome = transition.outcome;
  if (!transition.reason.empty()) envelope.reason = transition.reason;
}

}  // namespace

Result<Record> DecodeRecord(std::string_view entry_bytes) {
  ENVLEDGER_ASSIGN_OR_RETURN(EntryView entry, CheckEntry(entry_bytes));
  if (entry.event.has_value()) {
    return InvalidArgument("entry " + std::to_string(entry.header.seq) + " is an event of the ledger, not a record");
  }
  if (const Result<TransitionFacts> facts = CheckTransition(entry.transition); !facts.ok()) {
    return Corruption("the transition of entry " + std::to_string(entry.header.seq) + ": " + facts.status().ToString());
  }
  Record record;
  record.seq = entry.header.seq;
  record.recorded_at = entry.header.recorded_at;
  record.revision = entry.header.envelope_revision.value_or(0);
  record.previous = entry.header.envelope_previous;
  record.recorder = std::move(entry.header.recorder);
  record.links = std::move(entry.header.principal_links);
  record.transition = DecodeTransition(entry.transition);
  return record;
}

std::string_view Name(Relation relation) {
  const auto index = static_cast<size_t>(relation);
  return index < kRelationNames.size() ? kRelationNames[index] : "unknown";
}

std::optional<Relation> ParseRelation(std::string_view name) {
  for (size_t i = 0; i < kRelationNames.size(); ++i) {
    if (kRelationNames[i] == name) return static_cast<Relation>(i);
  }
  return std::nullopt;
}

const Resource* FindResource(const ResourceMap& resources, std::string_view name) {
  const auto it = std::find_if(resources.begin(), resources.end(), [&](const Resource& r) { return r.name == name; });
  return it == resources.end() ? nullptr : &*it;
}

RelationMap RelationOf(const ResourceMap& requested, const ResourceMap& granted) {
  std::unordered_map<std::string_view, const Resource*, KeyedHash> given;
  for (const Resource& resource : granted) given.emplace(resource.name, &resource);
  RelationMap relation;
  for (const Resource& asked : requested) {
    const auto it = given.find(asked.name);
    relation[asked.name] = it == given.end() ? Relation::kUnstated : Compare(asked, *it->second);
  }
  for (const Resource& resource : granted) relation.emplace(resource.name, Relation::kAdded);  // unless it is there
  return relation;
}

std::vector<Record> RecordsAsOf(const std::vector<Record>& records, Nanos at) {
  std::vector<Record> happened;
  if (records.front().transition.occurred_at.value_or(0) > at) return happened;
  for (const Record& record : records) {
    if (record.transition.occurred_at.value_or(0) <= at) happened.push_back(record);
  }
  return happened;
}

void EnvelopeFold::Add(const Record& record) {
  const Transition& transition = record.transition;
  if (envelope_.revisions == 0) {
    envelope_.envelope_id = transition.envelope_id;
    envelope_.opened_at = transition.occurred_at.value_or(0);
    envelope_.identity = transition.identity.value_or(Identity{});
    envelope_.execution = transition.execution.value_or(Execution{});
    envelope_.scope = transition.scope.value_or(Scope{});
    envelope_.requested = transition.requested.value_or(ResourceMap{});
    envelope_.correlation = transition.correlation;
    envelope_.first_seq = record.seq;
  }
  envelope_.updated_at = transition.occurred_at.value_or(0);
  envelope_.last_seq = record.seq;
  ++envelope_.revisions;
  Apply(record, envelope_);
}

Envelope EnvelopeFold::Get() const {
  Envelope envelope = envelope_;
  if (envelope.granted.has_value()) {
    envelope.relation = RelationOf(envelope.requested, envelope.granted->resources);
  }
  return envelope;
}

Envelope FoldEnvelope(const std::vector<Record>& records) {
  EnvelopeFold fold;
  for (const Record& record : records) fold.Add(record);
  return fold.Get();
}

}  // namespace envledger
