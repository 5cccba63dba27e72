// The tree that a policy vouches for, asked of a ledger entry by entry: what an answer's records are held against.
//
// Errors: kCorruption, saying which entry or checkpoint and why, for all that does not hold, a proof that the ledger
// refuses to give included; kNotFound when no checkpoint was signed yet; kUnavailable when the ledger cannot be asked;
// kInvalidArgument for a policy that is none (ProofChecker::Make).
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
  // The latest checkpoint. Where that ends before entry `last` and `can_sign` (a daemon answers), one that is signed
  // now; else it is the caller's to see what Covers() says. The policy must vouch for it; where that is about the
  // ledger's history of keys, the entries that the history was read from are proven to be in the tree as well. `reader`
  // must outlive this.
  static Result<SignedTree> Covering(LedgerReader& reader, const TrustPolicy& policy, uint64_t last, bool can_sign);

  const Checkpoint& checkpoint() const { return tree_.checkpoint(); }
  const std::string& note() const { return tree_.note(); }
  // The key that signed it: that of the auditor, or one that it vouches for.
  const VerifierKey& signer() const { return tree_.signer(); }
  bool Covers(uint64_t seq) const { return tree_.Covers(seq); }

  // That the entry of this leaf hash is entry `seq` of the tree. REQUIRES: Covers(seq).
  Status Prove(uint64_t seq, const Hash& leaf_hash);
  // The bytes of an entry, proven to be in the tree. REQUIRES: Covers(seq).
  Result<std::string> Fetch(uint64_t seq);
  // That the tree of `size` entries with this root, which an answer says it was read from, grew into this one, or this
  // one into it.
  Status ProveGrowth(uint64_t size, const Hash& root);

 private:
  SignedTree(LedgerReader& reader, CheckedTree tree) : reader_(&reader), tree_(std::move(tree)) {}
  Status ProveKeys(const KeyHistory& keys);
  Result<InclusionProofResponse> Ask(uint64_t seq);

  LedgerReader* reader_;
  CheckedTree tree_;
};

}  // namespace envledger
