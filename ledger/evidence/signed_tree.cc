// Only the auditor's policy and the arithmetic, both in ProofChecker, are trusted. Every entry is hashed here, from the
// bytes in the answer, and proven up to the root that the checkpoint signs. What a response says about roots, leaf
// hashes and checkpoints is ignored.
#include "ledger/evidence/signed_tree.h"

#include <utility>

#include "ledger/base/message.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/evidence/served_keys.h"

namespace envledger {
namespace {

// The ledger answered, but not with a proof: whatever it said, the proof is missing.
Status Missing(const Status& status, const std::string& what) {
  if (status.code() == Code::kUnavailable) return status;
  return Corruption("the ledger gives no proof " + what + ": " + status.message());
}

Result<std::string> NoteFor(LedgerReader& reader, uint64_t last, bool can_sign) {
  CheckpointsRequest request;
  request.latest = true;
  ENVLEDGER_ASSIGN_OR_RETURN(CheckpointsResponse response, reader.Checkpoints(request));
  const auto checkpoint = response.notes.empty() ? Result<Checkpoint>(NotFound("no checkpoint was signed yet"))
                                                 : ReadCheckpointNote(response.notes.back());
  if (can_sign && (!checkpoint.ok() || checkpoint->size <= last)) {
    request.sign_now = true;
    ENVLEDGER_ASSIGN_OR_RETURN(response, reader.Checkpoints(request));
    if (response.notes.empty()) return Corruption("the daemon signed no checkpoint and did not say why");
  }
  if (response.notes.empty()) {
    return NotFound("nothing can be proven: no checkpoint was signed yet; envledger checkpoint --sign-now signs one");
  }
  return std::move(response.notes.back());
}

}  // namespace

Result<SignedTree> SignedTree::Covering(LedgerReader& reader, const TrustPolicy& policy, uint64_t last, bool can_sign) {
  ENVLEDGER_ASSIGN_OR_RETURN(ProofChecker checker, ProofChecker::Make(policy));
  ENVLEDGER_ASSIGN_OR_RETURN(std::string note, NoteFor(reader, last, can_sign));
  ENVLEDGER_RETURN_IF_ERROR(LearnKeys(reader, checker));
  auto opened = checker.Open(std::move(note), AskGrowth(reader));
  if (!opened.ok()) return std::move(opened).status().Prepend("the checkpoint ");
  SignedTree tree(reader, *std::move(opened));
  if (can_sign && !tree.Covers(last)) {
    return Corruption("asked for a checkpoint that covers " + EntryName(last) + ", the daemon returned one of " +
                      Entries(tree.checkpoint().size) + ": it is an old one, or the entry is not in its ledger");
  }
  if (checker.history()) ENVLEDGER_RETURN_IF_ERROR(tree.ProveKeys(*checker.history()));
  return tree;
}

// Proves that the entries of the key history are in the tree, with exactly the keys that the history was read from.
Status SignedTree::ProveKeys(const KeyHistory& keys) {
  for (const HistoricKey& historic : keys.keys()) {
    if (!Covers(historic.seq)) continue;
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string bytes, Fetch(historic.seq));
    ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, EntryAt(historic.seq, bytes));
    const auto* genesis = entry.event ? std::get_if<Genesis>(&*entry.event) : nullptr;
    const auto* rotated = entry.event ? std::get_if<KeyRotated>(&*entry.event) : nullptr;
    const std::string key = genesis != nullptr ? genesis->public_key : rotated != nullptr ? rotated->new_key : "";
    if (key != historic.key.public_key) {
      return Corruption(EntryName(historic.seq) + " does not introduce the key that the key history says");
    }
  }
  return Ok();
}

Result<InclusionProofResponse> SignedTree::Ask(uint64_t seq) {
  InclusionProofRequest request;
  request.seq = seq;
  request.tree_size = checkpoint().size;
  auto response = reader_->InclusionProof(request);
  if (!response.ok()) return Missing(response.status(), "of " + EntryName(seq));
  return response;
}

Status SignedTree::Prove(uint64_t seq, const Hash& leaf_hash) {
  ENVLEDGER_ASSIGN_OR_RETURN(const InclusionProofResponse response, Ask(seq));
  if (tree_.Holds(seq, leaf_hash, response.hashes).ok()) return Ok();
  const bool other = LeafHash(response.entry) != leaf_hash;
  return Corruption(EntryName(seq) + (other ? ": the answer has other bytes than the entry in the ledger's proof"
                                            : ": its proof does not lead to the root of the checkpoint"));
}

Result<std::string> SignedTree::Fetch(uint64_t seq) {
  ENVLEDGER_ASSIGN_OR_RETURN(InclusionProofResponse response, Ask(seq));
  if (!tree_.Holds(seq, LeafHash(response.entry), response.hashes).ok()) {
    return Corruption(EntryName(seq) + ": its proof does not lead to the root of the checkpoint");
  }
  ENVLEDGER_RETURN_IF_ERROR(EntryAt(seq, response.entry).status());
  return std::move(response.entry);
}

Status SignedTree::ProveGrowth(uint64_t size, const Hash& root) {
  if (size == 0) return Corruption("the answer says that it was read from an empty ledger");
  Status one = tree_.IsOneLedgerWith(size, root, AskGrowth(*reader_));
  if (one.code() != Code::kCorruption) return one;
  return Corruption("nothing proves that the answer's tree of " + Entries(size) + " and the checkpoint's tree of " +
                    Entries(checkpoint().size) + " belong to one ledger: " + one.message());
}

}  // namespace envledger
