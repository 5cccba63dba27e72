// Proofs and events, from the index, which is not trusted: a proof is checked, before it is returned, against the root
// of the whole view, which comes from the chain; and each event is read from the log.
#include <algorithm>
#include <optional>
#include <string>

#include "ledger/base/message.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/index/index_keys.h"
#include "ledger/index/tree_index.h"
#include "ledger/query/view.h"

namespace envledger {
namespace {

Result<uint64_t> LatestSize(const LedgerView& view) {
  if (view.checkpoint.empty()) return NotFound("no checkpoint has been signed yet");
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointNote(view.checkpoint));
  return checkpoint.size;
}

// The size asked for, or that of the latest checkpoint; kNotFound when it is beyond the end of the ledger.
Result<uint64_t> SizeOf(const LedgerView& view, std::optional<uint64_t> asked) {
  if (!asked) return LatestSize(view);
  if (*asked <= view.tree_size) return *asked;
  return NotFound("the ledger has " + std::to_string(view.tree_size) + " entries, not " + std::to_string(*asked));
}

// The signed note of exactly this size, or empty. kCorruption when it does not vouch for `root`.
Result<std::string> CheckpointAt(const LedgerView& view, uint64_t size, const Hash& root) {
  ENVLEDGER_ASSIGN_OR_RETURN(std::vector<StoredCheckpoint> stored, view.log->Checkpoints(size, 1));
  if (stored.empty() || stored.front().size != size) return std::string();
  const std::string name = "the checkpoint stored for " + std::to_string(size) + " entries";
  const auto checkpoint = ReadCheckpointNote(stored.front().note);
  if (!checkpoint.ok()) return Corruption(name + ": " + checkpoint.status().message());
  if (checkpoint->size != size || checkpoint->root != root)
    return Corruption(name + " has another root than these entries");
  return std::move(stored.front().note);
}

// Checks that the proof leads from the entry to the root, which is trusted; otherwise the error says what is wrong.
Status CheckInclusion(TreeReader& tree, uint64_t seq, const InclusionProofResponse& response) {
  ENVLEDGER_ASSIGN_OR_RETURN(const Hash leaf, tree.Subtree(0, seq));
  if (Status holds = VerifyInclusion(seq, response.tree_size, leaf, response.hashes, response.root); !holds.ok()) {
    return IndexDamage("the index's tree gives no proof of entry " + std::to_string(seq) + ": " + holds.message());
  }
  if (leaf == LeafHash(response.entry)) return Ok();
  return Corruption("entry " + std::to_string(seq) + " does not match the tree: its leaf hash is " +
                    Hex(View(LeafHash(response.entry))) + ", but the tree has " + Hex(View(leaf)));
}

}  // namespace

Result<InclusionProofResponse> RunInclusionProof(const LedgerView& view, const InclusionProofRequest& request) {
  InclusionProofResponse response;
  if (request.seq >= view.tree_size) {
    return NotFound("the ledger has " + std::to_string(view.tree_size) + " entries, so there is no entry " +
                    std::to_string(request.seq));
  }
  ENVLEDGER_ASSIGN_OR_RETURN(response.tree_size, SizeOf(view, request.tree_size));
  TreeReader tree(*view.index, view.tree_size);
  ENVLEDGER_ASSIGN_OR_RETURN(response.hashes, InclusionProof(request.seq, response.tree_size, tree.Subtrees()));
  ENVLEDGER_ASSIGN_OR_RETURN(response.root, ProvenRootAt(tree, response.tree_size, view.root));
  ENVLEDGER_ASSIGN_OR_RETURN(response.entry, view.log->Read(request.seq));
  ENVLEDGER_RETURN_IF_ERROR(CheckInclusion(tree, request.seq, response));
  ENVLEDGER_ASSIGN_OR_RETURN(response.checkpoint, CheckpointAt(view, response.tree_size, response.root));
  return response;
}

Result<ConsistencyProofResponse> RunConsistencyProof(const LedgerView& view, const ConsistencyProofRequest& request) {
  ConsistencyProofResponse response;
  ENVLEDGER_ASSIGN_OR_RETURN(response.old_size, SizeOf(view, request.old_size));
  ENVLEDGER_ASSIGN_OR_RETURN(response.new_size, SizeOf(view, request.new_size));
  TreeReader tree(*view.index, view.tree_size);
  ENVLEDGER_ASSIGN_OR_RETURN(response.hashes, ConsistencyProof(response.old_size, response.new_size, tree.Subtrees()));
  ENVLEDGER_ASSIGN_OR_RETURN(response.old_root, ProvenRootAt(tree, response.old_size, view.root));
  ENVLEDGER_ASSIGN_OR_RETURN(response.new_root, ProvenRootAt(tree, response.new_size, view.root));
  if (Status holds = VerifyConsistency(response.old_size, response.old_root, response.new_size, response.new_root,
                                       response.hashes);
      !holds.ok()) {
    return IndexDamage("the index's tree gives no proof between " + std::to_string(response.old_size) + " and " +
                       std::to_string(response.new_size) + " entries: " + holds.message());
  }
  ENVLEDGER_ASSIGN_OR_RETURN(response.checkpoint, CheckpointAt(view, response.new_size, response.new_root));
  return response;
}

Result<EventsResponse> RunEvents(const LedgerView& view, const EventsRequest& request, const AnswerLimits& limits) {
  const std::vector<std::string_view>& names = EventNames();
  if (!request.name.empty() && std::find(names.begin(), names.end(), request.name) == names.end()) {
    return InvalidField("name", "no event is called " + Quoted(request.name) + "; the names are " +
                                    Joined({names.begin(), names.end()}, ", "));
  }
  const uint64_t limit =
      request.limit == 0 ? limits.max_records : std::min<uint64_t>(request.limit, limits.max_records);
  EventsResponse response;
  response.tree_size = view.tree_size;
  const std::string prefix = FacetPrefix(kFacetEvent, request.name);
  Effort effort(limits.max_work, limits.unwanted);
  uint64_t bytes = 0;
  const auto at = view.index->NewCursor(Table::kFacets, Reach::kTable);
  for (at->Seek(FacetKey(prefix, request.from_seq)); at->Valid() && at->key().starts_with(prefix); at->Next()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, SeqOf(Table::kFacets, at->key(), at->value()));
    if (seq >= view.tree_size) break;
    ENVLEDGER_ASSIGN_OR_RETURN(std::string entry, view.log->Read(seq));
    ENVLEDGER_ASSIGN_OR_RETURN(const EntryView checked, CheckEntry(entry));
    if (!checked.event || (!request.name.empty() && EventName(*checked.event) != request.name)) {
      return IndexDamage("the index names entry " + std::to_string(seq) +
                         " for an event that the entry does not carry");
    }
    bytes += entry.size();
    if (!response.entries.empty() && (bytes > limits.max_bytes || effort.spent())) break;
    effort.Entry(entry.size());
    response.entries.push_back(std::move(entry));
    if (response.entries.size() == limit) break;
  }
  ENVLEDGER_RETURN_IF_ERROR(at->status());
  return response;
}

}  // namespace envledger
