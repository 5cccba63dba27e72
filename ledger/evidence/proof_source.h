// Proofs from a ledger, each one checked here before anybody sees it: a proof that does not hold is never handed out,
// whoever made it.
//
// Errors: kNotFound for an entry, size or checkpoint that the ledger does not have, kCorruption for what does not hold
// (a signature by another key too), all others as the reader gives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// A checkpoint as it was signed, and what it says.
struct SignedNoteOf {
  std::string note;
  Checkpoint checkpoint;
};

class ProofSource {
 public:
  // `key`: what checkpoints must be signed by; without it, the key of the ledger's own
  // history. `can_sign`: a
  // daemon answers. `reader` must outlive this.
  ProofSource(LedgerReader& reader, std::optional<VerifierKey> key, bool can_sign)
      : reader_(reader), key_(std::move(key)), can_sign_(can_sign) {}

  // The latest checkpoint, or, where that ends before entry `seq`, one that the daemon signs now.
  Result<SignedNoteOf> Covering(uint64_t seq);
  Result<SignedNoteOf> Latest();

  // That entry `seq` is in the tree of `tree_size` entries. The response's checkpoint is empty where none of that size
  // was signed.
  Result<InclusionProofResponse> Inclusion(uint64_t seq, uint64_t tree_size);
  // That the tree of `new_size` begins with that of `old_size` entries. REQUIRES: old_size <= new_size.
  Result<ConsistencyProofResponse> Consistency(uint64_t old_size, uint64_t new_size);

  // kNotFound that says that no checkpoint of this size was signed, and which sizes next to it were.
  Status NoCheckpointOf(uint64_t size);

 private:
  Result<std::optional<uint64_t>> FirstCheckpointFrom(uint64_t size);
  // That `note` is a checkpoint of this size and root, and signed by the key it must be.
  Status CheckNote(const std::string& note, uint64_t size, const Hash& root);
  Status CheckSignature(const std::string& note);

  LedgerReader& reader_;
  const std::optional<VerifierKey> key_;
  std::optional<KeyHistory> history_;  // read when it is needed
  const bool can_sign_;
};

// The checkpoint of a signed note, whoever signed it. kInvalidArgument as ParseNote and ParseCheckpoint.
Result<Checkpoint> ReadCheckpointNote(const std::string& note);

}  // namespace envledger
