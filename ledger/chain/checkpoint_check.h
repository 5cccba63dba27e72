// The part of a verification that checks checkpoints and the keys that sign them. Private to this room.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/chain/key_history.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/chain/verifier.h"

namespace envledger {

// Not thread-safe.
class CheckpointCheck {
 public:
  using Fail = std::function<void(std::optional<uint64_t> seq, std::string check, std::string message, Verdict)>;
  // Arguments as for Verifier. A malformed checkpoint is reported as a failure at once.
  CheckpointCheck(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> inputs, Fail fail);

  // The caller has proven the roots of all checkpoints up to `size`.
  void AgreeUpTo(uint64_t size);
  // The ledger has been read up to `size`, and `tree` is its tree; null when an earlier entry is missing, so that the
  // tree is not known. `explained`: an entry already shows that something was changed.
  void Reach(uint64_t size, const Frontier* tree, bool explained);

  // The events that introduce the ledger's keys, in order; other events are ignored.
  void AddEvent(uint64_t seq, Nanos recorded_at, const LedgerEvent& event);

  // Called after the last entry; there are `size` entries in all. `ended_early`: Verifier::EndEarly was called;
  // `explained`: something worse than a wrong key is already known.
  void CheckSignatures(uint64_t size, bool ended_early, bool explained, const ParallelFor& parallel_for);
  // Reports the checkpoints that vouch for more than `size` entries. `size` includes missing entries before the last.
  void CheckLength(uint64_t size) const;

  // Whether a checkpoint kept elsewhere agrees, and the key was given.
  bool anchored() const { return anchors_agree_ > 0 && trusted_key_.has_value(); }
  // The keys according to the events added so far; nullopt without a usable genesis.
  const std::optional<KeyHistory>& keys() const { return keys_; }
  // Fills in what the report says about checkpoints and keys, for a ledger of `size` entries.
  void Tell(uint64_t size, VerifyReport& report) const;

 private:
  struct Opened {
    CheckpointInput input;
    Checkpoint checkpoint;
    Note note;
    bool agrees = false;  // it has the root of the entries
  };
  void Open(CheckpointInput input);
  void Agree(Opened& at);
  void Compare(Opened& at, const Frontier& tree, bool explained);
  void CheckTrustedKey() const;
  void CheckByTrustedKeyAlone() const;
  void CheckSignature(const Opened& at, const NoteSigners& signers, uint64_t size);
  size_t TrustedIndex() const { return keys_->IndexOf(*trusted_key_); }
  std::string KeyText() const;

  const std::optional<VerifierKey> trusted_key_;
  const Fail fail_;
  std::vector<Opened> checkpoints_;  // ascending by size
  size_t next_ = 0;                  // the first that has not been compared
  std::optional<KeyHistory> keys_;
  std::string origin_;
  uint64_t last_good_size_ = 0;
  uint64_t roots_agree_ = 0;
  uint64_t not_compared_ = 0;  // because they are after a gap
  uint64_t anchors_agree_ = 0;
  uint64_t signatures_ = 0;
  bool signed_by_trusted_ = false;
};

}  // namespace envledger
