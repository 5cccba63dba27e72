#include "tests/support/memory_ledger.h"

#include <algorithm>

#include "ledger/chain/key_history.h"
#include "ledger/codec/transition.h"
#include "tests/support/transitions.h"

namespace envledger {

SubtreeReader SubtreesOf(const std::vector<std::string>& entries) {
  return [&entries](unsigned level, uint64_t index) -> Result<Hash> {
    Frontier frontier;
    for (uint64_t seq = index << level; seq < (index + 1) << level; ++seq) frontier.Append(LeafHash(entries.at(seq)));
    return frontier.Root();
  };
}

std::vector<std::string> SealedStories(uint64_t size) {
  std::vector<Transition> transitions;
  for (uint64_t story = 0; transitions.size() + 1 < size; ++story) {
    const std::string id = "env-" + std::to_string(story);
    transitions.push_back(Opening(id, User(story % 3 == 0 ? "alice" : "bob")));
    transitions.push_back(Later(Stage::kAdmitted, id));
    transitions.push_back(Grant(id, {Amount("gpu", 4000)}));
    transitions.push_back(Later(Stage::kCompleted, id));
  }
  transitions.resize(size - 1);
  return Seal(Drafts(transitions));
}

std::vector<std::string> SealedWithRotation(char signer, char accepter) {
  std::vector<Draft> drafts = Drafts({Opening("a"), Opening("b")});
  KeyRotated rotation = MakeRotation(kTestOrigin, TestKey(1), TestKey(2));
  const std::string text = RotationText(kTestOrigin, rotation.old_key, rotation.new_key);
  rotation.signature = TestKey(signer).Sign(text);
  rotation.acceptance = TestKey(accepter).Sign(text);
  drafts.insert(drafts.begin() + 2, DraftOf(rotation, drafts[1].header.recorded_at));
  Relink(drafts);
  return Seal(drafts);
}

MemoryLedger::MemoryLedger(uint64_t size) : MemoryLedger(SealedStories(size)) {}
MemoryLedger::MemoryLedger(std::vector<std::string> sealed) : entries(std::move(sealed)) { SignAll(); }

void MemoryLedger::Reach(uint64_t size) {
  entries = SealedStories(size);
  SignAll();
}

Result<EntriesResponse> MemoryLedger::Entries(const EntriesRequest& request) {
  constexpr uint64_t kPage = 100;
  EntriesResponse response;
  response.tree_size = entries.size();
  const uint64_t limit = request.limit == 0 ? kPage : std::min<uint64_t>(request.limit, kPage);
  for (uint64_t seq = request.from_seq; seq < entries.size() && response.entries.size() < limit; ++seq) {
    response.entries.push_back(entries[seq]);
  }
  entries_read += response.entries.size();
  return response;
}

Result<CheckpointsResponse> MemoryLedger::Checkpoints(const CheckpointsRequest&) {
  CheckpointsResponse response;
  if (!note.empty()) response.notes.push_back(note);
  return response;
}

Result<EventsResponse> MemoryLedger::Events(const EventsRequest& request) {
  EventsResponse response;
  response.tree_size = entries.size();
  for (uint64_t seq = request.from_seq; seq < entries.size(); ++seq) {
    const auto entry = CheckEntry(entries[seq]);
    if (!entry.ok() || !entry->event || EventName(*entry->event) != request.name) continue;
    response.entries.push_back(entries[seq]);
    break;  // one a page
  }
  return response;
}

Result<InclusionProofResponse> MemoryLedger::InclusionProof(const InclusionProofRequest& request) {
  const uint64_t size = request.tree_size.value_or(entries.size());
  if (size > entries.size() || request.seq >= size) return NotFound("the ledger has fewer entries");
  ENVLEDGER_ASSIGN_OR_RETURN(Proof hashes, envledger::InclusionProof(request.seq, size, SubtreesOf(entries)));
  return InclusionProofResponse{.entry = entries[request.seq],
                                .tree_size = size,
                                .root = *RootAt(size, SubtreesOf(entries)),
                                .hashes = std::move(hashes),
                                .checkpoint = {}};
}

Result<ConsistencyProofResponse> MemoryLedger::ConsistencyProof(const ConsistencyProofRequest& request) {
  const uint64_t size = request.new_size.value_or(entries.size());
  if (size > entries.size()) return NotFound("the ledger has fewer entries");
  ENVLEDGER_ASSIGN_OR_RETURN(Proof hashes, envledger::ConsistencyProof(request.old_size, size, SubtreesOf(entries)));
  return ConsistencyProofResponse{.old_size = request.old_size,
                                  .new_size = size,
                                  .old_root = *RootAt(request.old_size, SubtreesOf(entries)),
                                  .new_root = *RootAt(size, SubtreesOf(entries)),
                                  .hashes = std::move(hashes),
                                  .checkpoint = {}};
}

Result<EnvelopeResponse> MemoryLedger::FindEnvelope(const EnvelopeRequest& request) {
  asked.push_back(request);
  std::vector<std::string> all;
  for (const std::string& bytes : entries) {
    const auto entry = CheckEntry(bytes);
    if (!entry.ok() || entry->transition.empty()) continue;
    if (FactsOf(entry->transition).envelope_id == request.envelope_id) all.push_back(bytes);
  }
  if (all.empty()) return NotFound("no envelope " + request.envelope_id);
  EnvelopeResponse response;
  response.envelope.envelope_id = request.envelope_id;
  const size_t from = request.from_revision.value_or(0);
  const size_t page = request.from_revision ? records_at_once : all.size();
  for (size_t i = from; i < all.size() && i - from < page; ++i) response.envelope.entries.push_back(all[i]);
  const size_t next = from + response.envelope.entries.size();
  if (next < all.size()) response.envelope.next_revision = next;
  response.completeness.tree_size = entries.size();
  response.completeness.root = RootOf(entries);
  response.completeness.complete = true;
  return response;
}

}  // namespace envledger
