#include "tests/support/fake_ledger.h"

#include <algorithm>

#include "ledger/codec/transition.h"

namespace envledger {
namespace {

// Forwards the calls, so that the ledger outlives the reader that a command owns.
class Borrowed : public LedgerReader {
 public:
  explicit Borrowed(std::shared_ptr<LedgerReader> ledger) : ledger_(std::move(ledger)) {}
  Result<QueryResponse> Query(const QueryRequest& request) override { return ledger_->Query(request); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override {
    return ledger_->FindEnvelope(request);
  }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) override {
    return ledger_->Principals(request);
  }
  Result<EntriesResponse> Entries(const EntriesRequest& request) override { return ledger_->Entries(request); }
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override {
    return ledger_->Checkpoints(request);
  }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override {
    return ledger_->InclusionProof(request);
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override {
    return ledger_->ConsistencyProof(request);
  }
  Result<EventsResponse> Events(const EventsRequest& request) override { return ledger_->Events(request); }
  Result<StatusResponse> Status(const StatusRequest& request) override { return ledger_->Status(request); }

 private:
  std::shared_ptr<LedgerReader> ledger_;
};

}  // namespace

void FakeLedger::Append(const Transition& transition) {
  auto found = std::find_if(envelopes.begin(), envelopes.end(), [&](const EnvelopeRecords& records) {
    return records.envelope_id == transition.envelope_id;
  });
  if (found == envelopes.end()) {
    found = envelopes.insert(found, {.envelope_id = transition.envelope_id, .roles = kRequester, .entries = {}});
  }
  EnvelopeRecords& records = *found;
  EntryHeader header;
  header.seq = log.size();
  if (!log.empty()) header.previous = LeafHash(log.back());
  header.recorded_at = transition.occurred_at.value_or(0) + kSecond / 2;
  header.recorder = {.uid = 1000, .gid = 1000, .pid = 4242, .producer = "gateway"};
  header.envelope_revision = records.entries.size();
  if (!records.entries.empty()) header.envelope_previous = header.seq - 1;
  EntryBuilder builder;
  records.entries.emplace_back(*builder.Build(header, *EncodeTransition(transition)));
  log.push_back(records.entries.back());
}

SigningKey FakeLedger::signing_key(char seed) { return *SigningKey::FromSeed(std::string(32, seed)); }

VerifierKey FakeLedger::key(char seed) { return *MakeVerifierKey(kOrigin, signing_key(seed).public_key()); }

std::string FakeLedger::NoteOver(uint64_t size, char seed) const {
  const SigningKey signer = signing_key(seed);
  return SignNote(FormatCheckpoint({kOrigin, size, *RootAt(size, Subtrees())}), {{key(seed), &signer}});
}

void FakeLedger::Sign() {
  checkpoints.push_back(NoteOver(log.size()));
  status.vkey = FormatVerifierKey(key());
}

SubtreeReader FakeLedger::Subtrees() const {
  return [this](unsigned level, uint64_t index) -> Result<Hash> {
    Frontier frontier;
    for (uint64_t seq = index << level; seq < (index + 1) << level; ++seq) frontier.Append(LeafHash(log.at(seq)));
    return frontier.Root();
  };
}

std::string FakeLedger::StoredNote(uint64_t size) const {
  for (const std::string& note : checkpoints) {
    if (ParseCheckpoint(ParseNote(note)->text)->size == size) return note;
  }
  return {};
}

Completeness FakeLedger::CompletenessNow() const {
  Completeness completeness;
  completeness.tree_size = log.size();
  completeness.root.fill(0xab);
  if (true_root) completeness.root = *RootAt(log.size(), Subtrees());
  completeness.scanned = 1;
  completeness.complete = true;
  return completeness;
}

Result<QueryResponse> FakeLedger::Query(const QueryRequest& request) {
  queries.push_back(request);
  if (on_query) on_query(request);
  QueryResponse response;
  response.completeness = CompletenessNow();
  response.completeness.unindexed = scans && request.scan;
  size_t at = request.cursor.empty() ? 0 : std::stoul(request.cursor);
  size_t left = request.limit == 0 ? page : std::min<size_t>(page, request.limit);
  for (; at < envelopes.size() && left > 0; ++at, --left) {
    response.envelopes.push_back(envelopes[at]);
    if (!request.principal) response.envelopes.back().roles = 0;
  }
  if (at < envelopes.size()) response.completeness.next_cursor = std::to_string(at);
  if (spoil_query) spoil_query(response);
  return response;
}

Result<EnvelopeResponse> FakeLedger::FindEnvelope(const EnvelopeRequest& request) {
  for (const EnvelopeRecords& records : envelopes) {
    if (records.envelope_id != request.envelope_id) continue;
    EnvelopeResponse response{.envelope = records, .completeness = CompletenessNow()};
    response.envelope.roles = 0;
    return response;
  }
  return NotFound("no envelope " + request.envelope_id);
}

Result<PrincipalsResponse> FakeLedger::Principals(const PrincipalsRequest& request) {
  PrincipalsResponse response;
  response.completeness = CompletenessNow();
  const PrincipalFilter& filter = request.filter;
  for (const PrincipalSummary& summary : principals) {
    const Principal& principal = summary.principal;
    const bool matches = (filter.id.empty() || filter.id == principal.id) &&
                         (filter.kind == PrincipalKind::kUnspecified || filter.kind == principal.kind) &&
                         (!filter.issuer || *filter.issuer == principal.issuer);
    if (matches) response.principals.push_back(summary);
  }
  return response;
}

Result<EntriesResponse> FakeLedger::Entries(const EntriesRequest& request) {
  EntriesResponse response;
  response.tree_size = log.size();
  if (request.from_seq == 0 && !genesis.empty()) {
    response.entries.push_back(genesis);
    return response;
  }
  for (uint64_t seq = request.from_seq; seq < log.size(); ++seq) {
    if (request.limit != 0 && response.entries.size() == request.limit) break;
    response.entries.push_back(log[seq]);
  }
  return response;
}

Result<CheckpointsResponse> FakeLedger::Checkpoints(const CheckpointsRequest& request) {
  if (request.sign_now) {
    ++signed_when_asked;
    Sign();
  }
  CheckpointsResponse response;
  if (request.latest) {
    if (!checkpoints.empty()) response.notes.push_back(checkpoints.back());
    return response;
  }
  for (const std::string& note : checkpoints) {
    if (ParseCheckpoint(ParseNote(note)->text)->size < request.from_size) continue;
    if (request.limit != 0 && response.notes.size() == request.limit) break;
    response.notes.push_back(note);
  }
  return response;
}

Result<InclusionProofResponse> FakeLedger::InclusionProof(const InclusionProofRequest& request) {
  const uint64_t size = request.tree_size.value_or(log.size());
  if (size > log.size() || request.seq >= log.size()) return NotFound("the ledger has fewer entries");
  ENVLEDGER_ASSIGN_OR_RETURN(Proof hashes, envledger::InclusionProof(request.seq, size, Subtrees()));
  InclusionProofResponse response{.entry = log[request.seq],
                                  .tree_size = size,
                                  .root = *RootAt(size, Subtrees()),
                                  .hashes = std::move(hashes),
                                  .checkpoint = StoredNote(size)};
  if (spoil_inclusion) spoil_inclusion(response);
  return response;
}

Result<ConsistencyProofResponse> FakeLedger::ConsistencyProof(const ConsistencyProofRequest& request) {
  const uint64_t size = request.new_size.value_or(log.size());
  if (size > log.size()) return NotFound("the ledger has fewer entries");
  ENVLEDGER_ASSIGN_OR_RETURN(Proof hashes, envledger::ConsistencyProof(request.old_size, size, Subtrees()));
  ConsistencyProofResponse response{.old_size = request.old_size,
                                    .new_size = size,
                                    .old_root = *RootAt(request.old_size, Subtrees()),
                                    .new_root = *RootAt(size, Subtrees()),
                                    .hashes = std::move(hashes),
                                    .checkpoint = StoredNote(size)};
  if (spoil_consistency) spoil_consistency(response);
  return response;
}

Result<EventsResponse> FakeLedger::Events(const EventsRequest& request) {
  EventsResponse response;
  for (const std::string& bytes : rotations) {
    if (CheckEntry(bytes)->header.seq < request.from_seq) continue;
    response.entries.push_back(bytes);
    break;  // one a page
  }
  if (spoil_events) spoil_events(response);
  return response;
}

Result<StatusResponse> FakeLedger::Status(const StatusRequest&) { return status; }

std::unique_ptr<LedgerReader> Lend(std::shared_ptr<LedgerReader> ledger) {
  return std::make_unique<Borrowed>(std::move(ledger));
}

}  // namespace envledger
