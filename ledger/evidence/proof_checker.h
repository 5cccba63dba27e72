// Decides which checkpoints an auditor trusts and what follows from them. This is the one place that decides whether a
// checkpoint vouches for anything, and whether an entry, a set of entries or another tree is part of what it vouches
// for. Every check against a checkpoint (answers of a ledger, proof files, reports, exports) states a trust policy and
// uses this code.
//
// The rules are the same for all:
//
//   signatures    A line that names a known key and does not verify refuses the note, whatever other lines say. Lines
//                 by unknown keys (witnesses) are ignored.
//   origin        The checkpoint's origin must be the name of the key.
//   one key       KeyRule::kTheKey: the given key must have signed, and nothing else is considered. This is the rule
//                 for files, which hold no key history (tlog-proof, add-checkpoint, reports), and for making such
//                 files: a file that its recipient could not check with one key is not made.
//   rotations     KeyRule::kTheKeyOrLater: the ledger's key history is read, in which each rotation is signed by both
//                 of its keys; the given key must be one of them. The key that the ledger had at the checkpoint's size
//                 must have signed, and also the given key or a later one. Earlier keys are not enough on their own: a
//                 key may have been rotated because it leaked, and its thief can forge a whole ledger up to that time.
//                 The checkpoints around a rotation are signed by both keys (FORMAT.md section 5.3). `verify` applies
//                 this rule too (ledger/chain/checkpoint_check.h), to all checkpoints that agree with the entries
//                 together.
//   no key        KeyRule::kLedgersOwn: the key that the ledger's own history has at that size. This only shows that a
//                 ledger agrees with itself, so it must be asked for: a rule that needs a key is refused without one.
//   kept          A checkpoint kept elsewhere must pass the same signature rule and belong to the same ledger: it has
//                 the same root at the same size, or a consistency proof leads from the smaller to the larger. Where no
//                 such proof is available (files), only the same size is accepted.
//   the number    An entry must state the seq that matches its place in the tree.
//
// The functions depend only on their arguments: no I/O, no clock. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"

namespace envledger {

enum class KeyRule { kTheKey, kTheKeyOrLater, kLedgersOwn };

struct KeptCheckpoint {
  std::string note;   // exactly as it was signed
  std::string where;  // for messages: "in the file kept.checkpoint"
};

struct TrustPolicy {
  KeyRule rule = KeyRule::kTheKey;
  std::optional<VerifierKey> key;    // from outside the ledger; empty for kLedgersOwn, and only for it
  std::vector<KeptCheckpoint> kept;  // all must agree with the checkpoint that is checked
};
TrustPolicy TrustKey(VerifierKey key);
TrustPolicy TrustKeyOrLater(VerifierKey key);
TrustPolicy TrustTheLedgerItself();

// Asks somebody for the consistency proof between two trees of a ledger, 0 < older < newer. Empty when nobody can be
// asked.
using GrowthProofs = std::function<Result<Proof>(uint64_t older, uint64_t newer)>;

// A tree that a policy vouches for. Only ProofChecker creates one. Its checks return ok, or kCorruption with what does
// not hold. A value type.
class CheckedTree {
 public:
  const std::string& note() const { return note_; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  // A key that signed it: the given key, or the one that the ledger had at this size if the history is known.
  const VerifierKey& signer() const { return signer_; }
  bool Covers(uint64_t seq) const { return seq < checkpoint_.size; }

  // Checks that leaf `seq` has this hash.
  Status Holds(uint64_t seq, const Hash& leaf_hash, const Proof& hashes) const;
  // Checks that all these leaves (ascending) have these hashes; `nodes` is a SubsetProof. REQUIRES: at least one leaf.
  Status HoldsAll(const std::vector<std::pair<uint64_t, Hash>>& leaves, const std::vector<Hash>& nodes) const;
  // Checks that the tree of `size` entries with this root is the beginning of this tree, or this tree the beginning of
  // that one.
  Status IsOneLedgerWith(uint64_t size, const Hash& root, const GrowthProofs& growth) const;

 private:
  friend class ProofChecker;
  CheckedTree(std::string note, Checkpoint checkpoint, VerifierKey signer)
      : note_(std::move(note)), checkpoint_(std::move(checkpoint)), signer_(std::move(signer)) {}
  std::string note_;
  Checkpoint checkpoint_;
  VerifierKey signer_;
};

class ProofChecker {
 public:
  // kInvalidArgument when the rule needs a key and has none, or has one and must not have it.
  static Result<ProofChecker> Make(TrustPolicy policy);

  // Whether the rule uses the ledger's key history, which must then be learned before anything is opened.
  bool NeedsHistory() const { return policy_.rule != KeyRule::kTheKey; }
  // kCorruption when the given key is not in the history.
  Status LearnHistory(KeyHistory history);
  // Nothing before LearnHistory.
  const std::optional<KeyHistory>& history() const { return history_; }

  // Opens the checkpoint of a signed note. The policy must vouch for it, and all kept checkpoints must agree with it.
  // kCorruption with the reason, in words that follow "the checkpoint "; errors of `growth` are returned as they are.
  Result<CheckedTree> Open(std::string note, const GrowthProofs& growth) const;

 private:
  explicit ProofChecker(TrustPolicy policy) : policy_(std::move(policy)) {}
  Result<CheckedTree> OpenByKey(std::string note) const;
  Result<CheckedTree> OpenByHistory(std::string note) const;
  Result<CheckedTree> OpenSigned(std::string note) const;

  TrustPolicy policy_;
  std::optional<KeyHistory> history_;
};

// Decodes the entry in `bytes`, which must state that its seq is `seq`. kCorruption otherwise.
Result<EntryView> EntryAt(uint64_t seq, std::string_view bytes);

}  // namespace envledger
