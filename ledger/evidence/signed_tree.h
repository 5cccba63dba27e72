// A tree that a policy vouches for, whose proofs are fetched from a ledger entry by entry. The records of an answer are
// checked against it.
//
// Errors: kCorruption, naming the entry or checkpoint and the reason, for everything that does not hold, including a
// proof that the ledger refuses to give; kNotFound when no checkpoint was signed yet; kUnavailable when the ledger
// cannot be asked; kInvalidArgument for an invalid policy (ProofChecker::Make).
#pragma once

#include <cstdint>
#include <string>

#include "ledger/base/bytes.h"
#include "ledger/evidence/proof_checker.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Not thread-safe.
class SignedTree {
 public:
  // Opens the latest checkpoint. If it ends before entry `last` and `can_sign` (a daemon answers), one is signed now;
  // otherwise the caller must look at Covers(). The policy must vouch for the checkpoint. If the policy uses the
  // ledger's key history, the entries of the history are proven to be in the tree as well. `reader` must outlive this
  // object.
  static Result<SignedTree> Covering(LedgerReader& reader, const TrustPolicy& policy, uint64_t last, bool can_sign);

  const Checkpoint& checkpoint() const { return tree_.checkpoint(); }
  const std::string& note() const { return tree_.note(); }
  // A key that signed it: the auditor's, or one that it vouches for.
  const VerifierKey& signer() const { return tree_.signer(); }
  bool Covers(uint64_t seq) const { return tree_.Covers(seq); }

  // Proves that the entry with this leaf hash is entry `seq` of the tree. REQUIRES: Covers(seq).
  Status Prove(uint64_t seq, const Hash& leaf_hash);
  // The bytes of an entry, proven to be in the tree. REQUIRES: Covers(seq).
  Result<std::string> Fetch(uint64_t seq);
  // Proves that the tree of `size` entries with this root, which an answer says it was read from, grew into this tree,
  // or this tree into that one.
  Status ProveGrowth(uint64_t size, const Hash& root);

 private:
  SignedTree(LedgerReader& reader, CheckedTree tree) : reader_(&reader), tree_(std::move(tree)) {}
  Status ProveKeys(const KeyHistory& keys);
  Result<InclusionProofResponse> Ask(uint64_t seq);

  LedgerReader* reader_;
  CheckedTree tree_;
};

}  // namespace envledger
