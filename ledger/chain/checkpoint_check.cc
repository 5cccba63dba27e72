// Which key was in force at which size is known only when the whole ledger has been read, so signatures are checked
// after the last entry. Roots are compared as the tree reaches them.
#include "ledger/chain/checkpoint_check.h"

#include <algorithm>

namespace envledger {

CheckpointCheck::CheckpointCheck(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> inputs, Fail fail)
    : trusted_key_(std::move(trusted_key)), fail_(std::move(fail)) {
  for (CheckpointInput& input : inputs) Open(std::move(input));
  std::stable_sort(checkpoints_.begin(), checkpoints_.end(),
                   [](const Opened& a, const Opened& b) { return a.checkpoint.size < b.checkpoint.size; });
}

void CheckpointCheck::Open(CheckpointInput input) {
  const auto refuse = [&](const Status& why) {
    fail_(std::nullopt, "checkpoint", "the checkpoint " + input.where + ": " + why.ToString(), Verdict::kTampered);
  };
  Note note;
  auto checkpoint = ReadCheckpointNote(input.note, &note);
  if (!checkpoint.ok()) return refuse(checkpoint.status());
  checkpoints_.push_back({std::move(input), *std::move(checkpoint), std::move(note)});
}

void CheckpointCheck::Agree(Opened& at) {
  at.agrees = true;
  ++roots_agree_;
  if (at.input.anchor) ++anchors_agree_;
}

void CheckpointCheck::AgreeUpTo(uint64_t size) {
  last_good_size_ = size;
  while (next_ < checkpoints_.size() && checkpoints_[next_].checkpoint.size <= size) Agree(checkpoints_[next_++]);
}

void CheckpointCheck::Reach(uint64_t size, const Frontier* tree, bool explained) {
  for (; next_ < checkpoints_.size() && checkpoints_[next_].checkpoint.size <= size; ++next_) {
    if (tree != nullptr) {
      Compare(checkpoints_[next_], *tree, explained);
    } else {
      ++not_compared_;
    }
  }
}

void CheckpointCheck::Compare(Opened& at, const Frontier& tree, bool explained) {
  if (at.checkpoint.root == tree.Root()) {
    Agree(at);
    last_good_size_ = at.checkpoint.size;
    return;
  }
  // Where an entry itself shows the change, that entry is the place to look, rather than everything since the last
  // checkpoint.
  const uint64_t first_suspect = std::min(last_good_size_, tree.size() == 0 ? 0 : tree.size() - 1);
  fail_(explained ? std::nullopt : std::optional(first_suspect), "tree",
        "the root over " + std::to_string(at.checkpoint.size) + " entries is not that of the checkpoint " +
            at.input.where + "; the difference is at or after entry " + std::to_string(last_good_size_),
        Verdict::kTampered);
}

void CheckpointCheck::AddEvent(uint64_t seq, Nanos recorded_at, const LedgerEvent& event) {
  if (const KeyRotated* rotated = std::get_if<KeyRotated>(&event); rotated != nullptr && keys_) {
    if (const Status added = keys_->Add(seq, recorded_at, *rotated); !added.ok()) {
      fail_(seq, "key", "the key rotation does not verify: " + added.message(), Verdict::kTampered);
    }
  }
  const Genesis* genesis = std::get_if<Genesis>(&event);
  if (genesis == nullptr || seq != 0) return;
  origin_ = genesis->origin;
  auto keys = KeyHistory::From(*genesis, recorded_at);
  if (keys.ok()) {
    keys_ = *std::move(keys);
  } else {
    fail_(seq, "form", "the genesis names no usable key: " + keys.status().ToString(), Verdict::kTampered);
  }
}

void CheckpointCheck::CheckTrustedKey() const {
  if (!trusted_key_ || !keys_ || TrustedIndex() < keys_->keys().size()) return;
  const std::string ours = FormatVerifierKey(keys_->keys().front().key);
  fail_(0, "key",
        keys_->keys().size() == 1
            ? "the ledger's genesis names the key " + ours + ", not " + FormatVerifierKey(*trusted_key_)
            : "none of the ledger's " + std::to_string(keys_->keys().size()) + " keys, from " + ours + " to " +
                  FormatVerifierKey(keys_->current().key) + ", is " + FormatVerifierKey(*trusted_key_),
        Verdict::kWrongKey);
}

void CheckpointCheck::CheckSignatures(uint64_t size, bool ended_early, bool explained,
                                      const ParallelFor& parallel_for) {
  CheckTrustedKey();
  if (!keys_) {
    if (!ended_early && !explained) {
      fail_(std::nullopt, "key", "no genesis was read, so the ledger's key is not known", Verdict::kWrongKey);
    }
    return CheckByTrustedKeyAlone();
  }
  std::vector<NoteSigners> signers(checkpoints_.size());
  parallel_for(checkpoints_.size(), [&](size_t i) { signers[i] = SignersOf(checkpoints_[i].note, *keys_); });
  for (size_t i = 0; i < checkpoints_.size(); ++i) CheckSignature(checkpoints_[i], signers[i], size);
  if (!trusted_key_ || TrustedIndex() == keys_->keys().size()) return;
  // Missing, cut off or changed entries would explain why no such checkpoint agrees.
  if (signed_by_trusted_ || ended_early || explained) return;
  fail_(std::nullopt, "key",
        "no checkpoint that agrees with the entries is signed by " + FormatVerifierKey(*trusted_key_) +
            ", the given key, or by a later key of the ledger",
        Verdict::kWrongKey);
}

// Without a genesis the other keys are unknown, but a signature that names this one must verify.
void CheckpointCheck::CheckByTrustedKeyAlone() const {
  for (const Opened& at : checkpoints_) {
    if (!trusted_key_) return;
    if (const Status status = VerifyNote(at.note, *trusted_key_); status.code() == Code::kCorruption) {
      fail_(std::nullopt, "checkpoint", "the checkpoint " + at.input.where + ": " + status.ToString(),
            Verdict::kTampered);
    }
  }
}

void CheckpointCheck::CheckSignature(const Opened& at, const NoteSigners& signers, uint64_t size) {
  const size_t in_force = keys_->IndexAt(at.checkpoint.size);
  // A checkpoint beyond the end may be signed by a key whose rotation was cut off too.
  const bool beyond = at.checkpoint.size > size && trusted_key_ && VerifyNote(at.note, *trusted_key_).ok();
  const std::string name = "the checkpoint " + at.input.where;
  if (at.checkpoint.origin != keys_->origin()) {
    fail_(std::nullopt, "checkpoint", name + " is of another ledger, \"" + at.checkpoint.origin + "\"",
          Verdict::kWrongKey);
  } else if (!signers.status.ok()) {
    fail_(std::nullopt, "checkpoint", name + ": " + signers.status.ToString(), Verdict::kTampered);
  } else if (!signers.By(in_force) && !beyond) {
    fail_(std::nullopt, "key",
          name + " is not signed by " + FormatVerifierKey(keys_->keys()[in_force].key) +
              (keys_->keys().size() > 1 ? ", the ledger's key at its size" : ""),
          Verdict::kWrongKey);
  } else {
    ++signatures_;
    if (trusted_key_ && at.agrees && signers.ByThisOrLater(TrustedIndex())) signed_by_trusted_ = true;
  }
}

void CheckpointCheck::CheckLength(uint64_t size) const {
  for (size_t i = next_; i < checkpoints_.size(); ++i) {
    const Opened& late = checkpoints_[i];
    fail_(size, "checkpoint",
          "the checkpoint " + late.input.where + " vouches for " + std::to_string(late.checkpoint.size) +
              " entries, but the ledger ends after " + std::to_string(size),
          Verdict::kTruncated);
  }
}

std::string CheckpointCheck::KeyText() const {
  if (!keys_) return trusted_key_ ? FormatVerifierKey(*trusted_key_) + ", given" : "no key";
  std::string text = trusted_key_ ? FormatVerifierKey(*trusted_key_) + ", given"
                                  : FormatVerifierKey(keys_->current().key) + ", as the ledger itself says";
  if (keys_->keys().size() == 1) return text;
  std::string history = "; " + std::to_string(keys_->keys().size()) +
                        " keys, each vouched for by the one before: " + FormatVerifierKey(keys_->keys().front().key);
  for (size_t i = 1; i < keys_->keys().size(); ++i) {
    const HistoricKey& key = keys_->keys()[i];
    history += ", from entry " + std::to_string(key.seq) + " on " + FormatVerifierKey(key.key);
  }
  return text + history;
}

void CheckpointCheck::Tell(uint64_t size, VerifyReport& report) const {
  const std::string all = std::to_string(checkpoints_.size());
  report.checkpoints = std::min(roots_agree_, signatures_);
  report.origin = origin_;
  report.key = trusted_key_ ? trusted_key_ : keys_ ? std::optional(keys_->current().key) : std::nullopt;
  if (keys_) report.keys = keys_->keys();
  report.key_is_trusted = trusted_key_.has_value();
  report.checks["tree"] = std::to_string(roots_agree_) + " of " + all + " checkpoints have the root of the entries; " +
                          std::to_string(size - last_good_size_) + " entries are after the last of them";
  if (not_compared_ > 0) {
    report.checks["tree"] += "; " + std::to_string(not_compared_) + " cannot be compared, because entries are missing";
  }
  report.checks["checkpoint"] = std::to_string(signatures_) + " of " + all + " signatures verify, " +
                                std::to_string(anchors_agree_) + " checkpoints kept elsewhere agree";
  report.checks["key"] = KeyText();
}

}  // namespace envledger
