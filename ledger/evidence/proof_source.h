// Proofs from a ledger, each one checked here before anybody sees it: a proof that does not hold is never handed out,
// whoever made it.
//
// Errors: kNotFound for an entry, size or checkpoint that the ledger does not have, kCorruption for what does not hold
// (a checkpoint that the policy does not vouch for too), kInvalidArgument for a policy that is none, all others as the
// reader gives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ledger/chain/note.h"
#include "ledger/evidence/proof_checker.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// A checkpoint as it was signed, and what it says.
struct SignedNoteOf {
  std::string note;
  Checkpoint checkpoint;
};

// Not thread-safe.
class ProofSource {
 public:
  // `policy`: whom the proofs must convince. A file is checked with one key and no ledger (CheckInclusionFile), so what
  // is made for files is made under KeyRule::kTheKey, or kLedgersOwn for whoever has the key already. `can_sign`: a
  // daemon answers. `reader` must outlive this.
  ProofSource(LedgerReader& reader, TrustPolicy policy, bool can_sign)
      : reader_(reader), policy_(std::move(policy)), can_sign_(can_sign) {}

  // The latest checkpoint, or, where that ends before entry `seq`, one that the daemon signs now. Not checked yet.
  Result<SignedNoteOf> Covering(uint64_t seq);
  Result<SignedNoteOf> Latest();
  // The tree of one of them, if the policy vouches for it.
  Result<CheckedTree> Check(const SignedNoteOf& signed_note);

  // That entry `seq` is in the tree of `tree_size` entries. The response's checkpoint is empty where none of that size
  // was signed; else the policy vouches for it.
  Result<InclusionProofResponse> Inclusion(uint64_t seq, uint64_t tree_size);
  // That the tree of `new_size` begins with that of `old_size` entries. REQUIRES: old_size <= new_size.
  Result<ConsistencyProofResponse> Consistency(uint64_t old_size, uint64_t new_size);

  // kNotFound that says that no checkpoint of this size was signed, and which sizes next to it were.
  Status NoCheckpointOf(uint64_t size);

 private:
  Result<std::optional<uint64_t>> FirstCheckpointFrom(uint64_t size);
  Result<CheckedTree> Open(const std::string& note);
  // That `note` is a checkpoint of this size and root that the policy vouches for, or empty.
  Status CheckNote(const std::string& note, uint64_t size, const Hash& root);

  LedgerReader& reader_;
  const TrustPolicy policy_;
  const bool can_sign_;
  std::optional<ProofChecker> checker_;  // made when it is needed
  std::optional<CheckedTree> last_;      // that was opened: many proofs have one checkpoint
};

// Consistency proofs from a ledger, not checked yet. kUnavailable when it cannot be asked; whatever else it says
// instead of a proof is kCorruption. `reader` must outlive them.
GrowthProofs AskGrowth(LedgerReader& reader);

}  // namespace envledger
