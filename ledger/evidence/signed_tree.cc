// Only two things are taken from outside: the auditor's key, and the arithmetic. The checkpoint is opened with that
// key, or with one that a chain of rotations, each signed by both of its keys, leads to; every entry is hashed here,
// from the bytes that the answer brought, and led up to the root that the checkpoint signs. What the response says
// about roots, leaf hashes and checkpoints is not looked at.
#include "ledger/evidence/signed_tree.h"

#include <algorithm>

#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/evidence/proof_source.h"
#include "ledger/evidence/served_keys.h"

namespace envledger {
namespace {

std::string Entries(uint64_t count) { return std::to_string(count) + (count == 1 ? " entry" : " entries"); }
std::string EntryName(uint64_t seq) { return "entry " + std::to_string(seq); }

// Of a ledger that answered: whatever it said instead of a proof, the proof is not there.
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

Result<SignedTree> SignedTree::Covering(LedgerReader& reader, const VerifierKey& key, uint64_t last, bool can_sign) {
  SignedTree tree(reader);
  ENVLEDGER_ASSIGN_OR_RETURN(tree.note_, NoteFor(reader, last, can_sign));
  auto keys = ReadKeys(reader);
  if (!keys.ok() && keys.status().code() == Code::kUnavailable) return std::move(keys).status();
  if (!keys.ok()) return Corruption("the ledger's history of keys does not hold: " + keys.status().message());
  if (keys->IndexOf(key) == keys->keys().size()) {
    return Corruption("the ledger is not of the key given: " + FormatVerifierKey(key) +
                      " is none of its keys; the latest of them is " + FormatVerifierKey(keys->current().key));
  }
  ENVLEDGER_RETURN_IF_ERROR(tree.Open(tree.note_, *keys));
  if (can_sign && !tree.Covers(last)) {
    return Corruption("asked for a checkpoint that covers " + EntryName(last) + ", the daemon gave one of " +
                      Entries(tree.checkpoint_.size) + ": an old one, or the entry is not in its ledger");
  }
  ENVLEDGER_RETURN_IF_ERROR(tree.ProveKeys(*keys));
  return tree;
}

Status SignedTree::Open(const std::string& note, const KeyHistory& keys) {
  const auto opened = OpenCheckpoint(note, keys);
  if (!opened.ok()) {
    return Corruption(opened.status().code() == Code::kNotFound
                          ? "the checkpoint is not signed by the key that the ledger had at its size"
                          : "the checkpoint does not hold: " + opened.status().message());
  }
  checkpoint_ = *opened;
  signer_ = keys.KeyAt(checkpoint_.size);
  return Ok();
}

// The entries that put the keys in force stand in the tree with the very keys that the history was read from.
Status SignedTree::ProveKeys(const KeyHistory& keys) {
  for (const HistoricKey& historic : keys.keys()) {
    if (!Covers(historic.seq)) continue;
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string bytes, Fetch(historic.seq));
    const auto entry = CheckEntry(bytes);
    if (!entry.ok()) return Corruption(EntryName(historic.seq) + ": " + entry.status().message());
    const auto* genesis = entry->event ? std::get_if<Genesis>(&*entry->event) : nullptr;
    const auto* rotated = entry->event ? std::get_if<KeyRotated>(&*entry->event) : nullptr;
    const std::string key = genesis != nullptr ? genesis->public_key : rotated != nullptr ? rotated->new_key : "";
    if (key != historic.key.public_key) {
      return Corruption(EntryName(historic.seq) + " does not put the key in force that the history of keys says");
    }
  }
  return Ok();
}

Result<InclusionProofResponse> SignedTree::Ask(uint64_t seq) {
  InclusionProofRequest request;
  request.seq = seq;
  request.tree_size = checkpoint_.size;
  auto response = reader_->InclusionProof(request);
  if (!response.ok()) return Missing(response.status(), "of " + EntryName(seq));
  return response;
}

Status SignedTree::Prove(uint64_t seq, const Hash& leaf_hash) {
  ENVLEDGER_ASSIGN_OR_RETURN(const InclusionProofResponse response, Ask(seq));
  if (VerifyInclusion(seq, checkpoint_.size, leaf_hash, response.hashes, checkpoint_.root).ok()) return Ok();
  const bool other = LeafHash(response.entry) != leaf_hash;
  return Corruption(EntryName(seq) + (other ? ": the answer holds other bytes than the ledger's proof is about"
                                            : ": its proof does not lead to the root that the checkpoint signs"));
}

Result<std::string> SignedTree::Fetch(uint64_t seq) {
  ENVLEDGER_ASSIGN_OR_RETURN(InclusionProofResponse response, Ask(seq));
  const Hash leaf = LeafHash(response.entry);
  if (!VerifyInclusion(seq, checkpoint_.size, leaf, response.hashes, checkpoint_.root).ok()) {
    return Corruption(EntryName(seq) + ": its proof does not lead to the root that the checkpoint signs");
  }
  return std::move(response.entry);
}

Status SignedTree::ProveGrowth(uint64_t size, const Hash& root) {
  const uint64_t low = std::min(size, checkpoint_.size);
  const uint64_t high = std::max(size, checkpoint_.size);
  const Hash& low_root = size <= checkpoint_.size ? root : checkpoint_.root;
  const Hash& high_root = size <= checkpoint_.size ? checkpoint_.root : root;
  const std::string what = "that the answer's tree of " + Entries(size) + " and the checkpoint's of " +
                           Entries(checkpoint_.size) + " are one ledger";
  if (low == 0) return Corruption("the answer says that it was read from an empty ledger");
  ConsistencyProofRequest request;
  request.old_size = low;
  request.new_size = high;
  const auto response = reader_->ConsistencyProof(request);
  if (!response.ok()) return Missing(response.status(), what);
  if (VerifyConsistency(low, low_root, high, high_root, response->hashes).ok()) return Ok();
  return Corruption("nothing proves " + what);
}

}  // namespace envledger
