// The part of a verification that checks checkpoints and the keys that sign them. Private to this room.
#pragma once

#include <cstdint>
#include <deque>
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
  // Arguments as for Verifier; `stored` may be null. A malformed checkpoint is reported as a failure when it is read,
  // those of `given` at once.
  CheckpointCheck(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> given, CheckpointSource* stored,
                  ParallelFor parallel_for, Fail fail);

  // Called once, before anything else. The caller has proven the roots of all checkpoints up to the size of `from`,
  // the tree of the entries that are not going to be read.
  void Start(const Frontier& from);
  // The ledger has been read up to `size`, and `tree` is its tree; null when an earlier entry is missing, so that the
  // tree is not known. `explained`: an entry already shows that something was changed.
  void Reach(uint64_t size, const Frontier* tree, bool explained);

  // The events that introduce the ledger's keys, in order; other events are ignored.
  void AddEvent(uint64_t seq, Nanos recorded_at, const LedgerEvent& event);

  // Called after the last entry; there are `size` entries in all, including missing ones before the last. Reports the
  // checkpoints that vouch for more. `ended_early`: Verifier::EndEarly was called, so that they are no failure;
  // `explained`: an entry already shows something worse than a wrong key.
  void Finish(uint64_t size, bool ended_early, bool explained);

  // Whether a checkpoint kept elsewhere agrees, and the key was given.
  bool anchored() const { return anchors_agree_ > 0 && trusted_key_.has_value(); }
  // The keys according to the events added so far; nullopt without a usable genesis.
  const std::optional<KeyHistory>& keys() const { return keys_; }
  // Not ok when a stored checkpoint could not be read. Then nothing may be concluded.
  const Status& source_status() const { return source_status_; }
  // Fills in what the report says about checkpoints and keys, for a ledger of `size` entries.
  void Tell(uint64_t size, VerifyReport& report) const;

 private:
  struct Opened {
    std::string where;
    bool anchor = false;
    Checkpoint checkpoint;
    Note note;
    bool agrees = false;  // it has the root of the entries
  };
  // What one checkpoint's signatures say. Computed on any thread.
  struct Signers {
    NoteSigners keys;  // of the ledger
    Status trusted;    // VerifyNote by the trusted key
  };
  void Report(std::optional<uint64_t> seq, std::string check, std::string message, Verdict verdict);
  std::optional<Opened> Open(CheckpointInput input);
  void ReadStored();
  std::optional<Opened> TakeUpTo(uint64_t size);
  void Wait(Opened at);
  void Agree(Opened& at);
  void Compare(Opened& at, const Frontier& tree, bool explained);
  bool IsFull() const;
  void Settle(size_t count);
  void CheckTrustedKey();
  Signers SignersAt(const Opened& at) const;
  void CheckSignature(const Opened& at, const Signers& signers);
  void CheckBeyond(uint64_t size, bool ended_early);
  bool TrustedIsKnown() const { return TrustedIndex() < keys_->keys().size(); }
  size_t TrustedIndex() const { return keys_->IndexOf(*trusted_key_); }
  std::string KeyText() const;

  const std::optional<VerifierKey> trusted_key_;
  CheckpointSource* const source_;
  const ParallelFor parallel_for_;
  const Fail fail_;
  std::vector<Opened> given_;      // ascending by size
  size_t next_given_ = 0;          // the first that has not been compared
  std::optional<Opened> stored_;   // the next of the source
  uint64_t last_stored_size_ = 0;  // of the one before it
  uint64_t next_size_ = 0;         // of whichever comes next; UINT64_MAX when none does
  std::deque<Opened> waiting_;     // compared, but their signatures are not verified yet; ascending by size
  size_t waiting_bytes_ = 0;
  Status source_status_;
  std::optional<KeyHistory> keys_;
  std::string origin_;
  uint64_t last_good_size_ = 0;
  uint64_t count_ = 0;
  uint64_t roots_agree_ = 0;
  uint64_t not_compared_ = 0;  // because they are after a gap
  uint64_t anchors_agree_ = 0;
  uint64_t signatures_ = 0;
  uint64_t end_ = UINT64_MAX;  // the size of the ledger, once it is known
  bool differs_ = false;       // a root is not that of the entries
  bool changed_ = false;       // a checkpoint shows that something was changed
  bool signed_by_trusted_ = false;
};

}  // namespace envledger
