// Roots are compared as the tree reaches them, so checkpoints are read in the order of their sizes and forgotten. The
// signatures of some hundred are verified together, on several threads.
//
// A rotation is recorded by the entry whose seq is the size of the last checkpoint before it, and both keys sign that
// checkpoint. So the keys that may have signed a checkpoint are known when one more entry has been read. A line by a
// key that came later means nothing and is ignored, as lines by unknown keys are.
#include "ledger/chain/checkpoint_check.h"

#include <algorithm>

namespace envledger {
namespace {

// How many checkpoints wait to have their signatures verified, and how many bytes of notes.
constexpr size_t kMaxWaiting = 256;
constexpr size_t kMaxWaitingBytes = size_t{1} << 20;

}  // namespace

CheckpointCheck::CheckpointCheck(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> given,
                                 CheckpointSource* stored, ParallelFor parallel_for, Fail fail)
    : trusted_key_(std::move(trusted_key)),
      source_(stored),
      parallel_for_(std::move(parallel_for)),
      fail_(std::move(fail)) {
  for (CheckpointInput& input : given) {
    if (auto opened = Open(std::move(input))) given_.push_back(*std::move(opened));
  }
  std::stable_sort(given_.begin(), given_.end(),
                   [](const Opened& a, const Opened& b) { return a.checkpoint.size < b.checkpoint.size; });
}

void CheckpointCheck::Report(std::optional<uint64_t> seq, std::string check, std::string message, Verdict verdict) {
  changed_ = changed_ || verdict == Verdict::kTampered;
  fail_(seq, std::move(check), std::move(message), verdict);
}

// nullopt, and a failure, for a malformed checkpoint.
std::optional<CheckpointCheck::Opened> CheckpointCheck::Open(CheckpointInput input) {
  Opened opened{.where = std::move(input.where), .anchor = input.anchor, .checkpoint = {}, .note = {}};
  auto checkpoint = ReadCheckpointNote(input.note, &opened.note);
  if (checkpoint.ok()) {
    ++count_;
    opened.checkpoint = *std::move(checkpoint);
    return opened;
  }
  Report(std::nullopt, "checkpoint", "the checkpoint " + opened.where + ": " + checkpoint.status().ToString(),
         Verdict::kTampered);
  return std::nullopt;
}

// Reads the next stored checkpoint that can be compared into stored_.
void CheckpointCheck::ReadStored() {
  while (!stored_ && source_ != nullptr && source_status_.ok()) {
    auto next = source_->Next();
    source_status_ = next.status();
    if (!next.ok() || !*next) break;
    const std::optional<uint64_t> filed = (*next)->filed_size;
    stored_ = Open(**std::move(next));
    if (!stored_) continue;
    const uint64_t size = stored_->checkpoint.size;
    if ((!filed || *filed == size) && size >= last_stored_size_) {
      last_stored_size_ = size;
      continue;
    }
    Report(std::nullopt, "checkpoint",
           "the checkpoint " + stored_->where + " is of size " + std::to_string(size) + ", so it is out of its place",
           Verdict::kTampered);
    stored_.reset();
  }
  next_size_ = std::min(stored_ ? stored_->checkpoint.size : UINT64_MAX,
                        next_given_ < given_.size() ? given_[next_given_].checkpoint.size : UINT64_MAX);
}

// The next checkpoint, if it is of at most this size.
std::optional<CheckpointCheck::Opened> CheckpointCheck::TakeUpTo(uint64_t size) {
  std::optional<Opened> taken;
  const bool stored = stored_ && stored_->checkpoint.size <= size;
  const bool given = next_given_ < given_.size() && given_[next_given_].checkpoint.size <= size;
  if (stored && (!given || stored_->checkpoint.size <= given_[next_given_].checkpoint.size)) {
    taken = *std::move(stored_);
    stored_.reset();
  } else if (given) {
    taken = std::move(given_[next_given_++]);
  }
  if (taken) ReadStored();
  return taken;
}

void CheckpointCheck::Wait(Opened at) {
  waiting_bytes_ += at.note.text.size();
  for (const NoteSignature& line : at.note.signatures) waiting_bytes_ += line.name.size() + line.signature.size();
  waiting_.push_back(std::move(at));
}

void CheckpointCheck::Agree(Opened& at) {
  at.agrees = true;
  ++roots_agree_;
  if (at.anchor) ++anchors_agree_;
}

void CheckpointCheck::Start(const Frontier& from) {
  ReadStored();
  last_good_size_ = from.size();
  while (auto at = TakeUpTo(from.size())) {
    // Size 0 vouches for no entry: its root is that of the empty tree.
    if (from.size() > 0) {
      Agree(*at);
    } else {
      Compare(*at, from, false);
    }
    Wait(*std::move(at));
  }
}

void CheckpointCheck::Reach(uint64_t size, const Frontier* tree, bool explained) {
  while (next_size_ <= size) {
    auto at = TakeUpTo(size);
    if (!at) break;
    if (tree != nullptr) {
      Compare(*at, *tree, explained);
    } else {
      ++not_compared_;
    }
    Wait(*std::move(at));
  }
  if (!IsFull()) return;
  const auto smaller = std::partition_point(waiting_.begin(), waiting_.end(),
                                            [size](const Opened& waits) { return waits.checkpoint.size < size; });
  Settle(static_cast<size_t>(smaller - waiting_.begin()));
}

bool CheckpointCheck::IsFull() const { return waiting_.size() >= kMaxWaiting || waiting_bytes_ >= kMaxWaitingBytes; }

void CheckpointCheck::Compare(Opened& at, const Frontier& tree, bool explained) {
  if (at.checkpoint.root == tree.Root()) {
    Agree(at);
    last_good_size_ = at.checkpoint.size;
    return;
  }
  // Where an entry itself shows the change, that entry is the place to look, rather than everything since the last
  // checkpoint.
  const uint64_t first_suspect = std::min(last_good_size_, tree.size() == 0 ? 0 : tree.size() - 1);
  Report(explained || differs_ ? std::nullopt : std::optional(first_suspect), "tree",
         "the root over " + std::to_string(at.checkpoint.size) + " entries is not that of the checkpoint " + at.where +
             "; the difference is at or after entry " + std::to_string(last_good_size_),
         Verdict::kTampered);
  differs_ = true;
}

void CheckpointCheck::AddEvent(uint64_t seq, Nanos recorded_at, const LedgerEvent& event) {
  if (const KeyRotated* rotated = std::get_if<KeyRotated>(&event); rotated != nullptr && keys_) {
    if (const Status added = keys_->Add(seq, recorded_at, *rotated); !added.ok()) {
      Report(seq, "key", "the key rotation does not verify: " + added.message(), Verdict::kTampered);
    }
  }
  const Genesis* genesis = std::get_if<Genesis>(&event);
  if (genesis == nullptr || seq != 0) return;
  origin_ = genesis->origin;
  auto keys = KeyHistory::From(*genesis, recorded_at);
  if (keys.ok()) {
    keys_ = *std::move(keys);
  } else {
    Report(seq, "form", "the genesis names no usable key: " + keys.status().ToString(), Verdict::kTampered);
  }
}

void CheckpointCheck::CheckTrustedKey() {
  if (!trusted_key_ || !keys_ || TrustedIsKnown()) return;
  const std::string ours = FormatVerifierKey(keys_->keys().front().key);
  Report(0, "key",
         keys_->keys().size() == 1
             ? "the ledger's genesis names the key " + ours + ", not " + FormatVerifierKey(*trusted_key_)
             : "none of the ledger's " + std::to_string(keys_->keys().size()) + " keys, from " + ours + " to " +
                   FormatVerifierKey(keys_->current().key) + ", is " + FormatVerifierKey(*trusted_key_),
         Verdict::kWrongKey);
}

CheckpointCheck::Signers CheckpointCheck::SignersAt(const Opened& at) const {
  Signers signers;
  if (keys_) signers.keys = SignersOf(at.note, *keys_, at.checkpoint.size);
  signers.trusted = trusted_key_ ? VerifyNote(at.note, *trusted_key_) : NotFound("no key was given");
  return signers;
}

// Verifies the signatures of the first `count` checkpoints that wait for it.
void CheckpointCheck::Settle(size_t count) {
  std::vector<Signers> signers(count);
  parallel_for_(count, [&](size_t i) { signers[i] = SignersAt(waiting_[i]); });
  for (const Signers& one : signers) {
    CheckSignature(waiting_.front(), one);
    waiting_.pop_front();
  }
  waiting_bytes_ = 0;
  for (std::deque<Opened> rest = std::exchange(waiting_, {}); Opened & at : rest) Wait(std::move(at));
}

void CheckpointCheck::CheckSignature(const Opened& at, const Signers& signers) {
  const std::string name = "the checkpoint " + at.where;
  const Status& lines =
      signers.keys.status.ok() && signers.trusted.code() == Code::kCorruption ? signers.trusted : signers.keys.status;
  if (!keys_) {
    // The other keys are unknown, but a signature that names the given one must verify.
    if (!lines.ok()) Report(std::nullopt, "checkpoint", name + ": " + lines.ToString(), Verdict::kTampered);
    return;
  }
  const size_t in_force = keys_->IndexAt(at.checkpoint.size);
  // A checkpoint beyond the end may be signed by a key whose rotation was cut off too.
  const bool beyond = at.checkpoint.size > end_ && signers.trusted.ok();
  if (at.checkpoint.origin != keys_->origin()) {
    Report(std::nullopt, "checkpoint", name + " is of another ledger, \"" + at.checkpoint.origin + "\"",
           Verdict::kWrongKey);
  } else if (!lines.ok()) {
    Report(std::nullopt, "checkpoint", name + ": " + lines.ToString(), Verdict::kTampered);
  } else if (!signers.keys.By(in_force) && !beyond) {
    Report(std::nullopt, "key",
           name + " is not signed by " + FormatVerifierKey(keys_->keys()[in_force].key) +
               (keys_->keys().size() > 1 ? ", the ledger's key at its size" : ""),
           Verdict::kWrongKey);
  } else {
    ++signatures_;
    if (!trusted_key_ || !at.agrees) return;
    signed_by_trusted_ = signed_by_trusted_ || signers.trusted.ok() || signers.keys.ByThisOrLater(TrustedIndex());
  }
}

void CheckpointCheck::Finish(uint64_t size, bool ended_early, bool explained) {
  end_ = size;
  CheckTrustedKey();
  if (!keys_ && !ended_early && !explained && !changed_) {
    Report(std::nullopt, "key", "no genesis was read, so the ledger's key is not known", Verdict::kWrongKey);
  }
  Settle(waiting_.size());
  // Missing, cut off or changed entries would explain why no such checkpoint agrees.
  if (trusted_key_ && keys_ && TrustedIsKnown() && !signed_by_trusted_ && !ended_early && !explained && !changed_) {
    Report(std::nullopt, "key",
           "no checkpoint that agrees with the entries is signed by " + FormatVerifierKey(*trusted_key_) +
               ", the given key, or by a later key of the ledger",
           Verdict::kWrongKey);
  }
  CheckBeyond(size, ended_early);
}

// The checkpoints that vouch for more entries than there are.
void CheckpointCheck::CheckBeyond(uint64_t size, bool ended_early) {
  while (auto late = TakeUpTo(UINT64_MAX)) {
    if (!ended_early) {
      Report(size, "checkpoint",
             "the checkpoint " + late->where + " vouches for " + std::to_string(late->checkpoint.size) +
                 " entries, but the ledger ends after " + std::to_string(size),
             Verdict::kTruncated);
    }
    Wait(*std::move(late));
    if (IsFull()) Settle(waiting_.size());
  }
  Settle(waiting_.size());
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
  const std::string all = std::to_string(count_);
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
