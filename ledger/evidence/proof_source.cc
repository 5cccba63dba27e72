// Nothing from the ledger is trusted: the entry must hash up to the root, the root must be the checkpoint's, and the
// policy must vouch for the checkpoint.
#include "ledger/evidence/proof_source.h"

#include "ledger/base/message.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/evidence/served_keys.h"

namespace envledger {
namespace {

Status DoesNotHold(const std::string& what) {
  return Corruption("the ledger gave a proof that does not hold: " + what);
}

// Whatever is wrong with the evidence means that the proof does not hold.
Status DoesNotHold(const Status& why) { return DoesNotHold(why.message()); }

}  // namespace

GrowthProofs AskGrowth(LedgerReader& reader) {
  return [&reader](uint64_t older, uint64_t newer) -> Result<Proof> {
    ConsistencyProofRequest request;
    request.old_size = older;
    request.new_size = newer;
    auto response = reader.ConsistencyProof(request);
    if (response.ok()) return std::move(response->hashes);
    if (response.status().code() == Code::kUnavailable) return std::move(response).status();
    return Corruption("the ledger gives no proof that " + Entries(older) + " and " + Entries(newer) +
                      " belong to one ledger: " + response.status().message());
  };
}

Result<SignedNoteOf> ProofSource::Latest() {
  CheckpointsRequest request;
  request.latest = true;
  ENVLEDGER_ASSIGN_OR_RETURN(const CheckpointsResponse response, reader_.Checkpoints(request));
  if (response.notes.empty())
    return NotFound("no checkpoint was signed yet; envledger checkpoint --sign-now signs one");
  const auto checkpoint = ReadCheckpointNote(response.notes.back());
  if (!checkpoint.ok()) return DoesNotHold(checkpoint.status());
  return SignedNoteOf{response.notes.back(), *checkpoint};
}

Result<SignedNoteOf> ProofSource::Covering(uint64_t seq) {
  auto latest = Latest();
  if (latest.ok() && seq < latest->checkpoint.size) return latest;
  if (!latest.ok() && latest.status().code() != Code::kNotFound) return latest;
  ENVLEDGER_ASSIGN_OR_RETURN(const EntriesResponse entries, reader_.Entries({seq, 1}));
  if (seq >= entries.tree_size) {
    return NotFound("the ledger has " + Entries(entries.tree_size) + ": it has no entry " + std::to_string(seq));
  }
  if (!can_sign_) {
    const std::string reach = latest.ok() ? "covers " + Entries(latest->checkpoint.size) : "does not exist";
    return NotFound("the latest signed checkpoint " + reach + ": it does not cover entry " + std::to_string(seq) +
                    ", and only the daemon can sign another; use the daemon's socket, or try again after its next "
                    "checkpoint");
  }
  CheckpointsRequest request;
  request.latest = true;
  request.sign_now = true;
  ENVLEDGER_ASSIGN_OR_RETURN(const CheckpointsResponse signed_now, reader_.Checkpoints(request));
  if (signed_now.notes.empty()) return Internal("the daemon signed no checkpoint and did not say why");
  const auto checkpoint = ReadCheckpointNote(signed_now.notes.back());
  if (!checkpoint.ok()) return DoesNotHold(checkpoint.status());
  if (checkpoint->size <= seq) {
    return Internal("the daemon signed a checkpoint of " + Entries(checkpoint->size) + ", which does not cover entry " +
                    std::to_string(seq));
  }
  return SignedNoteOf{signed_now.notes.back(), *checkpoint};
}

Result<InclusionProofResponse> ProofSource::Inclusion(uint64_t seq, uint64_t tree_size) {
  InclusionProofRequest request;
  request.seq = seq;
  request.tree_size = tree_size;
  ENVLEDGER_ASSIGN_OR_RETURN(InclusionProofResponse response, reader_.InclusionProof(request));
  if (response.tree_size != tree_size) {
    return DoesNotHold("it is for " + Entries(response.tree_size) + ", not for " + std::to_string(tree_size));
  }
  const Status holds = VerifyInclusion(seq, tree_size, LeafHash(response.entry), response.hashes, response.root);
  if (!holds.ok()) return DoesNotHold(holds);
  const auto entry = EntryAt(seq, response.entry);
  if (!entry.ok()) return DoesNotHold(entry.status());
  ENVLEDGER_RETURN_IF_ERROR(CheckNote(response.checkpoint, tree_size, response.root));
  return response;
}

Result<ConsistencyProofResponse> ProofSource::Consistency(uint64_t old_size, uint64_t new_size) {
  ConsistencyProofRequest request;
  // There is no proof from an empty tree, because nothing needs to be proven: only the new root is needed.
  request.old_size = old_size == 0 ? new_size : old_size;
  request.new_size = new_size;
  ConsistencyProofResponse response;
  if (new_size == 0) {
    response.new_root = EmptyRoot();
  } else {
    ENVLEDGER_ASSIGN_OR_RETURN(response, reader_.ConsistencyProof(request));
  }
  if (response.new_size != new_size || response.old_size != request.old_size) {
    return DoesNotHold("it is not between the sizes " + std::to_string(request.old_size) + " and " +
                       std::to_string(new_size));
  }
  if (new_size > 0) {
    const Status holds =
        VerifyConsistency(request.old_size, response.old_root, new_size, response.new_root, response.hashes);
    if (!holds.ok()) return DoesNotHold(holds);
  }
  if (old_size == 0) {
    response.old_size = 0;
    response.old_root = EmptyRoot();
  }
  ENVLEDGER_RETURN_IF_ERROR(CheckNote(response.checkpoint, new_size, response.new_root));
  return response;
}

Result<std::optional<uint64_t>> ProofSource::FirstCheckpointFrom(uint64_t size) {
  CheckpointsRequest request;
  request.from_size = size;
  request.limit = 1;
  ENVLEDGER_ASSIGN_OR_RETURN(const CheckpointsResponse response, reader_.Checkpoints(request));
  if (response.notes.empty()) return std::optional<uint64_t>();
  ENVLEDGER_ASSIGN_OR_RETURN(const Checkpoint checkpoint, ReadCheckpointNote(response.notes.front()));
  return std::optional(checkpoint.size);
}

Status ProofSource::NoCheckpointOf(uint64_t size) {
  std::string nearest;
  ENVLEDGER_ASSIGN_OR_RETURN(const auto above, FirstCheckpointFrom(size));
  // Checkpoints can only be read in ascending order. A binary search finds the last one below `size` in as many
  // requests as `size` has bits.
  std::optional<uint64_t> below;
  for (uint64_t low = 0, high = size; low < high;) {
    const uint64_t middle = low + (high - low) / 2;
    ENVLEDGER_ASSIGN_OR_RETURN(const auto found, FirstCheckpointFrom(middle));
    if (found && *found < size) {
      below = *found;
      low = *found + 1;
    } else {
      high = middle;
    }
  }
  if (below) nearest += std::to_string(*below) + " below";
  if (above) nearest += std::string(below ? " and " : "") + std::to_string(*above) + " above";
  return NotFound("no checkpoint of " + Entries(size) + " was signed; the nearest " +
                  (nearest.empty()  ? "does not exist either"
                   : below && above ? "are of " + nearest
                                    : "is of " + nearest));
}

Result<CheckedTree> ProofSource::Open(const std::string& note) {
  if (last_ && last_->note() == note) return *last_;
  if (!checker_) {
    ENVLEDGER_ASSIGN_OR_RETURN(checker_, ProofChecker::Make(policy_));
  }
  ENVLEDGER_RETURN_IF_ERROR(LearnKeys(reader_, *checker_));
  ENVLEDGER_ASSIGN_OR_RETURN(last_, checker_->Open(note, AskGrowth(reader_)));
  return *last_;
}

Result<CheckedTree> ProofSource::Check(const SignedNoteOf& signed_note) {
  auto tree = Open(signed_note.note);
  if (tree.status().code() == Code::kCorruption) return std::move(tree).status().Prepend("the checkpoint ");
  return tree;
}

Status ProofSource::CheckNote(const std::string& note, uint64_t size, const Hash& root) {
  if (note.empty()) return Ok();
  const auto tree = Open(note);
  if (tree.status().code() == Code::kCorruption) return DoesNotHold("its checkpoint " + tree.status().message());
  ENVLEDGER_RETURN_IF_ERROR(tree.status());
  if (tree->checkpoint().size != size) {
    return DoesNotHold("its checkpoint covers " + Entries(tree->checkpoint().size) + ", not " + std::to_string(size));
  }
  if (tree->checkpoint().root == root) return Ok();
  return DoesNotHold("its checkpoint of " + Entries(size) + " has another root");
}

}  // namespace envledger
