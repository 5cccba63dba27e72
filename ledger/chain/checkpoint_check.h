// The part of a verification that is about checkpoints and the keys that sign them. Private to this room.
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
  // As Verifier. What is no checkpoint at all is a failure at once.
  CheckpointCheck(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> inputs, Fail fail);

  // The roots of all that are not larger than `size` were proven by the caller.
  void AgreeUpTo(uint64_t size);
  // The ledger has been read up to `size`, and this is its tree; null when it cannot be known, as an entry before is
  // missing. `explained`: an entry shows already that something was changed.
  void Reach(uint64_t size, const Frontier* tree, bool explained);

  // The events that the ledger's keys stand in, in order; others do no harm.
  void AddEvent(uint64_t seq, Nanos recorded_at, const LedgerEvent& event);

  // After the last entry, of `size` in all. `ended_early` as Verifier::EndEarly; `explained`: something worse than a
  // wrong key is known already.
  void CheckSignatures(uint64_t size, bool ended_early, bool explained, const ParallelFor& parallel_for);
  // Those that vouch for more than the `size` entries that there are, missing ones before the last included.
  void CheckLength(uint64_t size) const;

  // A checkpoint kept elsewhere agrees, and the key was given.
  bool anchored() const { return anchors_agree_ > 0 && trusted_key_.has_value(); }
  // As far as the events added tell; nothing without a usable genesis.
  const std::optional<KeyHistory>& keys() const { return keys_; }
  // Fills in what the report says of checkpoints and keys, for a ledger of `size` entries.
  void Tell(uint64_t size, VerifyReport& report) const;

 private:
  struct Opened {
    CheckpointInput input;
    Checkpoint checkpoint;
    Note note;
    bool agrees = false;  // its root is that of the entries
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
  size_t next_ = 0;                  // the first that is not compared yet
  std::optional<KeyHistory> keys_;
  std::string origin_;
  uint64_t last_good_size_ = 0;
  uint64_t roots_agree_ = 0;
  uint64_t not_compared_ = 0;  // behind a gap
  uint64_t anchors_agree_ = 0;
  uint64_t signatures_ = 0;
  bool signed_by_trusted_ = false;
};

}  // namespace envledger
