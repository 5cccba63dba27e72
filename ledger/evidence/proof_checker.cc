#include "ledger/evidence/proof_checker.h"

#include "ledger/base/message.h"
#include "ledger/chain/subset_proof.h"

namespace envledger {
namespace {

// Whatever is wrong with evidence means that it does not hold, whatever the code of the failed check.
Status NotProven(const Status& why) { return Corruption(why.message()); }

struct OpenedNote {
  Note note;
  Checkpoint checkpoint;
};

Result<OpenedNote> ReadNote(std::string_view bytes) {
  Note note;
  auto checkpoint = ReadCheckpointNote(bytes, &note);
  if (!checkpoint.ok()) return Corruption("is malformed: " + checkpoint.status().message());
  if (checkpoint->size == 0 && checkpoint->root != EmptyRoot()) {
    return Corruption("has another root than an empty tree");
  }
  return OpenedNote{std::move(note), *std::move(checkpoint)};
}

Status Forged(const Status& why) { return Corruption("is forged: " + why.message()); }

Status CheckOrigin(const Checkpoint& checkpoint, const std::string& origin) {
  if (checkpoint.origin == origin) return Ok();
  return Corruption("belongs to \"" + checkpoint.origin + "\", not to \"" + origin + "\"");
}

}  // namespace

TrustPolicy TrustKey(VerifierKey key) { return {KeyRule::kTheKey, std::move(key), {}}; }
TrustPolicy TrustKeyOrLater(VerifierKey key) { return {KeyRule::kTheKeyOrLater, std::move(key), {}}; }
TrustPolicy TrustTheLedgerItself() { return {KeyRule::kLedgersOwn, std::nullopt, {}}; }

Result<EntryView> EntryAt(uint64_t seq, std::string_view bytes) {
  auto entry = CheckEntry(bytes);
  if (!entry.ok()) return Corruption(EntryName(seq) + " is not an entry of a ledger: " + entry.status().message());
  if (entry->header.seq == seq) return entry;
  return Corruption(EntryName(seq) + " says that its seq is " + std::to_string(entry->header.seq));
}

Status CheckedTree::Holds(uint64_t seq, const Hash& leaf_hash, const Proof& hashes) const {
  if (!Covers(seq)) {
    return Corruption("the checkpoint covers " + Entries(checkpoint_.size) + ": it has no entry " +
                      std::to_string(seq));
  }
  const Status led = VerifyInclusion(seq, checkpoint_.size, leaf_hash, hashes, checkpoint_.root);
  return led.ok() ? Ok() : NotProven(led);
}

Status CheckedTree::HoldsAll(const std::vector<std::pair<uint64_t, Hash>>& leaves,
                             const std::vector<Hash>& nodes) const {
  const auto root = SubsetRoot(leaves, checkpoint_.size, nodes);
  if (!root.ok()) return NotProven(root.status());
  if (*root == checkpoint_.root) return Ok();
  return Corruption("the entries and nodes give the root " + Hex(View(*root)) + ", but the checkpoint of " +
                    Entries(checkpoint_.size) + " has " + Hex(View(checkpoint_.root)));
}

Status CheckedTree::IsOneLedgerWith(uint64_t size, const Hash& root, const GrowthProofs& growth) const {
  const bool is_older = size < checkpoint_.size;
  if (size == checkpoint_.size) {
    if (root == checkpoint_.root) return Ok();
    return Corruption("they have different roots over " + Entries(size));
  }
  if (size == 0) return root == EmptyRoot() ? Ok() : Corruption("an empty tree has another root");
  if (checkpoint_.size == 0) return Ok();  // every tree extends the empty one
  if (!growth) {
    return Corruption("one covers " + Entries(size) + ", the other " + std::to_string(checkpoint_.size) +
                      ", and there is no proof that the larger one extends the smaller one");
  }
  const uint64_t older = is_older ? size : checkpoint_.size;
  const uint64_t newer = is_older ? checkpoint_.size : size;
  ENVLEDGER_ASSIGN_OR_RETURN(const Proof hashes, growth(older, newer));
  const Status holds =
      VerifyConsistency(older, is_older ? root : checkpoint_.root, newer, is_older ? checkpoint_.root : root, hashes);
  return holds.ok() ? Ok() : NotProven(holds);
}

Result<ProofChecker> ProofChecker::Make(TrustPolicy policy) {
  const bool own = policy.rule == KeyRule::kLedgersOwn;
  if (!own && !policy.key) return InvalidArgument("no key was given to check with");
  if (own && policy.key) return InvalidArgument("a key was given, but the trust rule does not use one");
  return ProofChecker(std::move(policy));
}

Status ProofChecker::LearnHistory(KeyHistory history) {
  if (policy_.key && history.IndexOf(*policy_.key) == history.keys().size()) {
    return Corruption("the ledger does not have the key given: " + FormatVerifierKey(*policy_.key) +
                      " is not one of its keys; the latest is " + FormatVerifierKey(history.current().key));
  }
  history_ = std::move(history);
  return Ok();
}

Result<CheckedTree> ProofChecker::OpenByKey(std::string note) const {
  const VerifierKey& key = *policy_.key;
  ENVLEDGER_ASSIGN_OR_RETURN(OpenedNote opened, ReadNote(note));
  const Status is_signed = VerifyNote(opened.note, key);
  if (is_signed.code() == Code::kNotFound) return Corruption("is not signed by " + FormatVerifierKey(key));
  if (!is_signed.ok()) return Forged(is_signed);
  ENVLEDGER_RETURN_IF_ERROR(CheckOrigin(opened.checkpoint, key.name));
  return CheckedTree(std::move(note), std::move(opened.checkpoint), key);
}

Result<CheckedTree> ProofChecker::OpenByHistory(std::string note) const {
  if (!history_) return Internal("the ledger's key history was not learned");
  ENVLEDGER_ASSIGN_OR_RETURN(OpenedNote opened, ReadNote(note));
  ENVLEDGER_RETURN_IF_ERROR(CheckOrigin(opened.checkpoint, history_->origin()));
  const NoteSigners signers = SignersOf(opened.note, *history_);
  if (!signers.status.ok()) return Forged(signers.status);
  const VerifierKey& in_force = history_->KeyAt(opened.checkpoint.size);
  if (!signers.By(history_->IndexAt(opened.checkpoint.size))) {
    return Corruption("is not signed by the key that the ledger had at that size, " + FormatVerifierKey(in_force));
  }
  return CheckedTree(std::move(note), std::move(opened.checkpoint), in_force);
}

Result<CheckedTree> ProofChecker::OpenSigned(std::string note) const {
  if (policy_.rule == KeyRule::kTheKey) return OpenByKey(std::move(note));
  return OpenByHistory(std::move(note));
}

Result<CheckedTree> ProofChecker::Open(std::string note, const GrowthProofs& growth) const {
  ENVLEDGER_ASSIGN_OR_RETURN(CheckedTree tree, OpenSigned(std::move(note)));
  if (policy_.rule == KeyRule::kTheKeyOrLater) {
    ENVLEDGER_ASSIGN_OR_RETURN(const OpenedNote opened, ReadNote(tree.note()));
    if (!SignersOf(opened.note, *history_).ByThisOrLater(history_->IndexOf(*policy_.key))) {
      return Corruption("is only signed by keys that came before " + FormatVerifierKey(*policy_.key) +
                        ", the key given: a thief of an earlier key could have forged everything that it covers");
    }
  }
  for (const KeptCheckpoint& kept : policy_.kept) {
    auto opened = OpenSigned(kept.note);
    if (!opened.ok()) {
      return std::move(opened).status().Prepend("cannot be compared with the checkpoint kept " + kept.where +
                                                ", which ");
    }
    const Checkpoint& other = opened->checkpoint();
    const Status agrees = tree.IsOneLedgerWith(other.size, other.root, growth);
    if (agrees.code() == Code::kCorruption) {
      return Corruption("does not agree with the checkpoint kept " + kept.where + ": " + agrees.message());
    }
    ENVLEDGER_RETURN_IF_ERROR(agrees);
  }
  return tree;
}

}  // namespace envledger
