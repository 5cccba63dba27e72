// Gets proofs from a ledger and checks each one, so that a proof that does not hold is never returned, whoever made it.
//
// Errors: kNotFound for an entry, size or checkpoint that the ledger does not have; kCorruption for what does not hold,
// including a checkpoint that the policy does not vouch for; kInvalidArgument for an invalid policy; all others as the
// reader returns them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ledger/chain/note.h"
#include "ledger/evidence/proof_checker.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// A checkpoint exactly as it was signed, and its contents.
struct SignedNoteOf {
  std::string note;
  Checkpoint checkpoint;
};

// Not thread-safe.
class ProofSource {
 public:
  // `policy` says which keys the proofs must satisfy. A file is checked with one key and without the ledger
  // (CheckInclusionFile), so proofs for files are made under KeyRule::kTheKey, or under kLedgersOwn for recipients that
  // have the key already. `can_sign`: a daemon answers. `reader` must outlive this object.
  ProofSource(LedgerReader& reader, TrustPolicy policy, bool can_sign)
      : reader_(reader), policy_(std::move(policy)), can_sign_(can_sign) {}

  // The latest checkpoint or, if it does not cover entry `seq`, one that the daemon signs now. Not checked yet.
  Result<SignedNoteOf> Covering(uint64_t seq);
  Result<SignedNoteOf> Latest();
  // The tree of such a checkpoint, if the policy vouches for it.
  Result<CheckedTree> Check(const SignedNoteOf& signed_note);

  // Proves that entry `seq` is in the tree of `tree_size` entries. The response's checkpoint is empty if none of that
  // size was signed; otherwise the policy vouches for it.
  Result<InclusionProofResponse> Inclusion(uint64_t seq, uint64_t tree_size);
  // Proves that the tree of `new_size` entries begins with the tree of `old_size` entries. REQUIRES: old_size <=
  // new_size.
  Result<ConsistencyProofResponse> Consistency(uint64_t old_size, uint64_t new_size);

  // kNotFound with a message that no checkpoint of this size was signed, and which sizes nearby were.
  Status NoCheckpointOf(uint64_t size);

 private:
  Result<std::optional<uint64_t>> FirstCheckpointFrom(uint64_t size);
  Result<CheckedTree> Open(const std::string& note);
  // Checks that `note` is empty, or a checkpoint of this size and root that the policy vouches for.
  Status CheckNote(const std::string& note, uint64_t size, const Hash& root);

  LedgerReader& reader_;
  const TrustPolicy policy_;
  const bool can_sign_;
  std::optional<ProofChecker> checker_;  // created when needed
  std::optional<CheckedTree> last_;      // the last tree opened: many proofs share one checkpoint
};

// Gets consistency proofs from a ledger; they are not checked yet. kUnavailable when the ledger cannot be asked; any
// other error of the ledger becomes kCorruption. `reader` must outlive the result.
GrowthProofs AskGrowth(LedgerReader& reader);

}  // namespace envledger
