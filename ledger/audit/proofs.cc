#include <algorithm>
#include <optional>
#include <string>

#include "ledger/audit/view.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"

namespace envledger {
namespace {

SubtreeReader SubtreesOf(const LedgerView& view) {
  return [&view](unsigned level, uint64_t index) -> Result<Hash> {
    const uint64_t from = index << level;
    const uint64_t until = (index + 1) << level;
    Frontier frontier;
    ENVLEDGER_RETURN_IF_ERROR(view.log->Scan(from, until, [&](uint64_t, std::string_view entry) {
      frontier.Append(LeafHash(entry));
      return true;
    }));
    if (frontier.size() != until - from) return Corruption("an entry from " + std::to_string(from) + " on is missing");
    return frontier.Root();
  };
}

Result<uint64_t> LatestSize(const LedgerView& view) {
  if (view.checkpoint.empty()) return NotFound("no checkpoint was signed yet");
  ENVLEDGER_ASSIGN_OR_RETURN(const Note note, ParseNote(view.checkpoint));
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpoint(note.text));
  return checkpoint.size;
}

// The size asked for, or that of the latest checkpoint; kNotFound when the ledger has not reached it.
Result<uint64_t> SizeOf(const LedgerView& view, std::optional<uint64_t> asked) {
  if (!asked) return LatestSize(view);
  if (*asked <= view.tree_size) return *asked;
  return NotFound("the ledger has " + std::to_string(view.tree_size) + " entries, not " + std::to_string(*asked));
}

Result<std::string> CheckpointAt(const LedgerView& view, uint64_t size) {
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<StoredCheckpoint> stored, view.log->Checkpoints(size, 1));
  if (stored.empty() || stored.front().size != size) return std::string();
  return std::move(stored.front().note);
}

}  // namespace

Result<InclusionProofResponse> RunInclusionProof(const LedgerView& view, const InclusionProofRequest& request) {
  InclusionProofResponse response;
  if (request.seq >= view.tree_size) {
    return NotFound("the ledger has " + std::to_string(view.tree_size) + " entries: none has the number " +
                    std::to_string(request.seq));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(response.tree_size, SizeOf(view, request.tree_size));
  const SubtreeReader subtrees = SubtreesOf(view);
  ENVLEDGER_ASSIGN_OR_RETURN(response.hashes, InclusionProof(request.seq, response.tree_size, subtrees));
  ENVLEDGER_ASSIGN_OR_RETURN(response.root, RootAt(response.tree_size, subtrees));
  ENVLEDGER_ASSIGN_OR_RETURN(response.entry, view.log->Read(request.seq));
  ENVLEDGER_ASSIGN_OR_RETURN(response.checkpoint, CheckpointAt(view, response.tree_size));
  return response;
}

Result<ConsistencyProofResponse> RunConsistencyProof(const LedgerView& view, const ConsistencyProofRequest& request) {
  ConsistencyProofResponse response;
  ENVLEDGER_ASSIGN_OR_RETURN(response.old_size, SizeOf(view, request.old_size));
  ENVLEDGER_ASSIGN_OR_RETURN(response.new_size, SizeOf(view, request.new_size));
  const SubtreeReader subtrees = SubtreesOf(view);
  ENVLEDGER_ASSIGN_OR_RETURN(response.hashes, ConsistencyProof(response.old_size, response.new_size, subtrees));
  ENVLEDGER_ASSIGN_OR_RETURN(response.old_root, RootAt(response.old_size, subtrees));
  ENVLEDGER_ASSIGN_OR_RETURN(response.new_root, RootAt(response.new_size, subtrees));
  ENVLEDGER_ASSIGN_OR_RETURN(response.checkpoint, CheckpointAt(view, response.new_size));
  return response;
}

Result<EventsResponse> RunEvents(const LedgerView& view, const EventsRequest& request, const AnswerLimits& limits) {
  const uint64_t limit =
      request.limit == 0 ? limits.max_records : std::min<uint64_t>(request.limit, limits.max_records);
  EventsResponse response;
  response.tree_size = view.tree_size;
  Status problem;
  uint64_t bytes = 0;
  ENVLEDGER_RETURN_IF_ERROR(view.log->Scan(request.from_seq, view.tree_size, [&](uint64_t, std::string_view entry) {
    const auto checked = CheckEntry(entry);
    problem = checked.status();
    if (!problem.ok()) return false;
    if (!checked->event || (!request.name.empty() && EventName(*checked->event) != request.name)) return true;
    bytes += entry.size();
    if (!response.entries.empty() && bytes > limits.max_bytes) return false;
    response.entries.emplace_back(entry);
    return response.entries.size() < limit;
  }));
  ENVLEDGER_RETURN_IF_ERROR(std::move(problem));
  return response;
}

}  // namespace envledger
