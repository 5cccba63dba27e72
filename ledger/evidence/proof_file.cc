#include "ledger/evidence/proof_file.h"

#include <utility>

#include "ledger/chain/tlog_proof.h"
#include "ledger/chain/tree.h"

namespace envledger {
namespace {

Result<CheckedTree> OpenNote(std::string note, const TrustPolicy& policy, std::string_view name) {
  auto tree = OpenInFile(std::move(note), policy);
  if (!tree.ok()) return std::move(tree).status().Prepend(name);
  return tree;
}

Status NoProof(const Status& why) { return why.ok() ? Ok() : Corruption("the proof does not hold: " + why.message()); }

}  // namespace

Result<CheckedTree> OpenInFile(std::string note, const TrustPolicy& policy) {
  ENVLEDGER_ASSIGN_OR_RETURN(const ProofChecker checker, ProofChecker::Make(policy));
  if (checker.NeedsHistory()) return InvalidArgument("a file holds no key history: check it with one key");
  return checker.Open(std::move(note), {});
}

Result<ProvenEntry> CheckInclusionFile(std::string_view file, std::string_view entry, const TrustPolicy& policy) {
  ENVLEDGER_ASSIGN_OR_RETURN(TlogProof proof, ParseTlogProof(file));
  ENVLEDGER_ASSIGN_OR_RETURN(CheckedTree tree, OpenNote(std::move(proof.checkpoint), policy, "the checkpoint "));
  const Hash leaf_hash = LeafHash(entry);
  ENVLEDGER_RETURN_IF_ERROR(NoProof(tree.Holds(proof.index, leaf_hash, proof.hashes)));
  auto view = EntryAt(proof.index, entry);
  if (!view.ok()) {
    return Corruption("the bytes are in the tree, but " + view.status().message());
  }
  return ProvenEntry{std::move(tree), proof.index, leaf_hash, *std::move(view)};
}

Result<ProvenGrowth> CheckConsistencyFile(std::string_view file, std::string_view old_note,
                                          const TrustPolicy& old_policy, const TrustPolicy& policy) {
  ENVLEDGER_ASSIGN_OR_RETURN(AddCheckpoint body, ParseAddCheckpoint(file));
  ENVLEDGER_ASSIGN_OR_RETURN(CheckedTree older, OpenNote(std::string(old_note), old_policy, "the old checkpoint "));
  ENVLEDGER_ASSIGN_OR_RETURN(CheckedTree newer, OpenNote(std::move(body.checkpoint), policy, "the new checkpoint "));
  const Checkpoint& from = older.checkpoint();
  const Checkpoint& to = newer.checkpoint();
  if (from.origin != to.origin) {
    return NoProof(Corruption("the checkpoints belong to \"" + from.origin + "\" and to \"" + to.origin + "\""));
  }
  if (body.old_size != from.size) {
    return NoProof(Corruption("it starts from " + std::to_string(body.old_size) +
                              " entries, but the old checkpoint covers " + std::to_string(from.size)));
  }
  if (from.size > to.size) {
    return NoProof(Corruption("the new checkpoint covers " + std::to_string(to.size) +
                              " entries, fewer than the old one with " + std::to_string(from.size)));
  }
  // When there is nothing to prove, the proof must be empty, so that each proof has exactly one encoding.
  if ((from.size == 0 || from.size == to.size) && !body.hashes.empty()) {
    return NoProof(Corruption("from " + std::to_string(from.size) + " to " + std::to_string(to.size) +
                              " entries, the proof must be empty"));
  }
  const auto hashes = [&body](uint64_t, uint64_t) { return Result<Proof>(body.hashes); };
  ENVLEDGER_RETURN_IF_ERROR(NoProof(newer.IsOneLedgerWith(from.size, from.root, hashes)));
  return ProvenGrowth{std::move(older), std::move(newer)};
}

}  // namespace envledger
