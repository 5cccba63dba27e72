// Whom an auditor believes, and what follows from it: the one place where it is decided whether a checkpoint vouches
// for anything, and whether an entry, a set of entries or another tree is part of what it vouches for. Whoever holds
// something against a checkpoint (answers of a ledger, proof files, reports, exports) states a policy and asks here.
//
// The rules, the same for all:
//
//   signatures    A line that names a key that is known, and does not verify, refuses the note, whatever other lines
//   say.
//                 Lines by unknown keys (witnesses) are passed over.
//   origin        That of the checkpoint is the name of the key.
//   one key       KeyRule::kTheKey: the key given has signed. Nothing else is looked at, so this is the rule for files,
//                 which hold no history of keys (tlog-proof, add-checkpoint, reports), and for making such files: what
//                 one key cannot open for whoever gets the file is not made for him.
//   rotations     KeyRule::kTheKeyOrLater: the ledger's history of keys is read, each rotation signed by both its keys;
//                 the key given must be one of them. The key that the ledger had at the checkpoint's size has signed,
//                 and also the key given or a later one. Earlier keys do not suffice by themselves: that a key was
//                 rotated may be because it leaked, and who stole it can write a whole ledger of the time before. The
//                 checkpoints around a rotation are signed by both keys (FORMAT.md section 5.3). `verify` has this rule
//                 too (ledger/chain/checkpoint_check.h), for all that agrees with the entries taken together.
//   no key        KeyRule::kLedgersOwn: the key that the ledger's own history has at the size. It only shows that a
//                 ledger agrees with itself, and must be asked for: a rule that needs a key is refused without one.
//   kept          A checkpoint kept elsewhere passes the same rule for signatures, and is of the same ledger: of the
//                 same root at the same size, else a consistency proof leads from the smaller to the larger. Where
//                 none can be had (files), only the same size will do.
//   the number    An entry says of itself that it is the one at its place in the tree.
//
// Pure functions of what they are given: no I/O, no clock. Not thread-safe.
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
  std::string note;   // as it was signed
  std::string where;  // for messages: "in the file kept.checkpoint"
};

struct TrustPolicy {
  KeyRule rule = KeyRule::kTheKey;
  std::optional<VerifierKey> key;    // from outside the ledger; none with kLedgersOwn, and then only
  std::vector<KeptCheckpoint> kept;  // all must agree with what is checked
};
TrustPolicy TrustKey(VerifierKey key);
TrustPolicy TrustKeyOrLater(VerifierKey key);
TrustPolicy TrustTheLedgerItself();

// The consistency proof between two trees of a ledger, 0 < older < newer, from whoever can be asked. Empty: nobody can.
using GrowthProofs = std::function<Result<Proof>(uint64_t older, uint64_t newer)>;

// A tree that a policy vouches for. Made by ProofChecker alone. All its checks are kCorruption, with what does not
// hold, or ok. A value type.
class CheckedTree {
 public:
  const std::string& note() const { return note_; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  // A key that signed it: the key given, or the one that the ledger had at this size where the history is known.
  const VerifierKey& signer() const { return signer_; }
  bool Covers(uint64_t seq) const { return seq < checkpoint_.size; }

  // That leaf `seq` has this hash.
  Status Holds(uint64_t seq, const Hash& leaf_hash, const Proof& hashes) const;
  // That all these leaves (ascending) have these hashes: `nodes` is a SubsetProof. REQUIRES: at least one leaf.
  Status HoldsAll(const std::vector<std::pair<uint64_t, Hash>>& leaves, const std::vector<Hash>& nodes) const;
  // That the tree of `size` entries with this root is the beginning of this one, or this one of that.
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
  // kInvalidArgument when the rule needs a key and has none, or has one and must not.
  static Result<ProofChecker> Make(TrustPolicy policy);

  // Whether the rule is about the ledger's history of keys. Then it must be learned before anything is opened.
  bool NeedsHistory() const { return policy_.rule != KeyRule::kTheKey; }
  // kCorruption when the key given is none of the history's.
  Status LearnHistory(KeyHistory history);
  // Nothing before it was learned.
  const std::optional<KeyHistory>& history() const { return history_; }

  // The checkpoint of a signed note, if the policy vouches for it, and all kept checkpoints agree with it. kCorruption
  // saying why not, in words that follow "the checkpoint "; errors of `growth` as they are.
  Result<CheckedTree> Open(std::string note, const GrowthProofs& growth) const;

 private:
  explicit ProofChecker(TrustPolicy policy) : policy_(std::move(policy)) {}
  Result<CheckedTree> OpenByKey(std::string note) const;
  Result<CheckedTree> OpenByHistory(std::string note) const;
  Result<CheckedTree> OpenSigned(std::string note) const;

  TrustPolicy policy_;
  std::optional<KeyHistory> history_;
};

// The entry that `bytes` are, and that it is number `seq` by its own word. kCorruption otherwise.
Result<EntryView> EntryAt(uint64_t seq, std::string_view bytes);

}  // namespace envledger
