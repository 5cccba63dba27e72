// The tree that a checkpoint signs, asked entry by entry: what an answer's records are held against.
//
// Errors: kCorruption, saying which entry or checkpoint and why, for all that does not hold, a proof that the ledger
// refuses to give included; kNotFound when no checkpoint was signed yet; kUnavailable when the ledger cannot be asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Not thread-safe.
class SignedTree {
 public:
  // The latest checkpoint. Where that ends before entry `last` and `can_sign` (a daemon answers), one that is signed
  // now; else it is the caller's to see what Covers() says. It must be signed by the key that the ledger had at its
  // size, and the history of keys must hold `key`: each key of it vouches for its neighbours, and the entries that say
  // so are proven to be in the tree as well. `reader` must outlive this.
  static Result<SignedTree> Covering(LedgerReader& reader, const VerifierKey& key, uint64_t last, bool can_sign);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  const std::string& note() const { return note_; }
  // The key that signed it: that of the auditor, or one that it vouches for.
  const VerifierKey& signer() const { return signer_; }
  bool Covers(uint64_t seq) const { return seq < checkpoint_.size; }

  // That the entry of this leaf hash is entry `seq` of the tree. REQUIRES: Covers(seq).
  Status Prove(uint64_t seq, const Hash& leaf_hash);
  // The bytes of an entry, proven to be in the tree. REQUIRES: Covers(seq).
  Result<std::string> Fetch(uint64_t seq);
  // That the tree of `size` entries with this root, which an answer says it was read from, grew into this one, or this
  // one into it.
  Status ProveGrowth(uint64_t size, const Hash& root);

 private:
  explicit SignedTree(LedgerReader& reader) : reader_(&reader) {}
  Status Open(const std::string& note, const KeyHistory& keys);
  Status ProveKeys(const KeyHistory& keys);
  Result<InclusionProofResponse> Ask(uint64_t seq);

  LedgerReader* reader_;
  std::string note_;
  Checkpoint checkpoint_;
  VerifierKey signer_;
};

}  // namespace envledger
