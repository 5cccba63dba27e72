// One pass over the entries keeps what the sequencer kept when it sealed them: the hash of the entry before, the tree's
// right edge, where each envelope stands, and how far each principal's links reach. Every entry must be what that state
// allows. After a failure the state follows what is stored, so that one bad entry gives one failure and not a flood.
#include "ledger/chain/verifier.h"

#include <algorithm>
#include <unordered_map>

namespace envledger {
namespace {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
template <typename T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

void WritePrincipalKey(const PrincipalView& principal, std::string& key) {
  key.assign(principal.id);
  key.push_back('\0');
  key.push_back(static_cast<char>(principal.kind));
  key.append(principal.issuer);
}

std::string Seq(uint64_t seq) { return "entry " + std::to_string(seq); }

std::string Text(const std::optional<uint64_t>& value) { return value ? std::to_string(*value) : "absent"; }

int Severity(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return 0;
    case Verdict::kUnanchored:
      return 1;
    case Verdict::kIncomplete:
      return 2;
    case Verdict::kWrongKey:
      return 3;
    case Verdict::kTruncated:
      return 4;
    case Verdict::kTampered:
      return 5;
  }
  return 5;
}

struct OpenedCheckpoint {
  CheckpointInput input;
  Checkpoint checkpoint;
  Note note;
  bool agrees = false;  // its root is that of the entries
};

}  // namespace

std::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kValid:
      return "VALID";
    case Verdict::kUnanchored:
      return "UNANCHORED";
    case Verdict::kTruncated:
      return "TRUNCATED";
    case Verdict::kTampered:
      return "TAMPERED";
    case Verdict::kIncomplete:
      return "INCOMPLETE";
    case Verdict::kWrongKey:
      return "WRONG_KEY";
  }
  return "?";
}

void AddFailure(VerifyReport& report, VerifyFailure failure) {
  ++report.failure_count;
  if (Severity(failure.verdict) > Severity(report.verdict)) report.verdict = failure.verdict;
  if (report.failures.size() < VerifyReport::kMaxFailures) report.failures.push_back(std::move(failure));
}

PreparedEntry PrepareEntry(std::string_view bytes) {
  PreparedEntry prepared;
  prepared.leaf_hash = LeafHash(bytes);
  auto entry = CheckEntry(bytes);
  if (!entry.ok()) {
    prepared.status = std::move(entry).status();
    return prepared;
  }
  prepared.entry = *std::move(entry);
  if (prepared.entry.event) return prepared;
  auto facts = CheckTransition(prepared.entry.transition);
  if (facts.ok()) {
    prepared.facts = *std::move(facts);
  } else {
    prepared.status = std::move(facts).status();
  }
  return prepared;
}

void Follow(EnvelopeState& envelope, uint64_t seq, const TransitionFacts& facts) {
  for (const Involvement& involved : facts.involved) {
    const RoleMask held = envelope.roles.Held(involved.principal);
    if ((involved.roles & ~held) != 0) envelope.roles.Add(involved.principal, involved.roles);
  }
  envelope.lifecycle = Advance(envelope.lifecycle, facts);
  envelope.last_seq = seq;
}

class Verifier::Impl {
 public:
  Impl(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> checkpoints, ProvenPast* past)
      : trusted_key_(std::move(trusted_key)), past_(past) {
    if (past_ != nullptr) frontier_ = past_->frontier();
    first_seq_ = next_seq_ = last_good_size_ = frontier_.size();
    for (CheckpointInput& input : checkpoints) AddCheckpoint(std::move(input));
    std::stable_sort(checkpoints_.begin(), checkpoints_.end(),
                     [](const auto& a, const auto& b) { return a.checkpoint.size < b.checkpoint.size; });
    for (; past_ != nullptr && NextIsAt(0, first_seq_); ++next_checkpoint_) Agree(checkpoints_[next_checkpoint_]);
    // The empty tree has a root too, which a checkpoint of size 0 must have.
    while (NextIsAt(0, 0)) CompareRoot();
  }

  void AddPastEvent(uint64_t seq, const PreparedEntry& prepared) {
    if (prepared.entry.event) CheckEvent(seq, prepared.entry.header.recorded_at, *prepared.entry.event);
  }

  void Add(uint64_t stored_seq, const PreparedEntry& prepared) {
    const bool gap = stored_seq != next_seq_;
    if (gap) {
      const std::string missing = stored_seq == next_seq_ + 1 ? Seq(next_seq_) + " is missing"
                                                              : "entries " + std::to_string(next_seq_) + " to " +
                                                                    std::to_string(stored_seq - 1) + " are missing";
      Fail(next_seq_, "sequence", missing, Verdict::kTampered);
      tree_broken_ = true;
    }
    if (prepared.only_hashed) {
      ++only_hashed_;
    } else if (prepared.status.ok()) {
      CheckHeader(stored_seq, prepared, gap);
      if (prepared.entry.event) {
        CheckEvent(stored_seq, prepared.entry.header.recorded_at, *prepared.entry.event);
      } else {
        CheckTransitionEntry(stored_seq, prepared);
      }
    } else {
      Fail(stored_seq, "form", prepared.status.ToString(), Verdict::kTampered);
    }
    previous_readable_ = prepared.status.ok();
    previous_known_ = true;
    previous_ = prepared.leaf_hash;
    next_seq_ = stored_seq + 1;
    ++entries_;
    frontier_.Append(prepared.leaf_hash);
    while (NextIsAt(next_seq_, next_seq_)) CompareRoot();
  }

  void EndEarly() { ended_early_ = true; }

  VerifyReport Finish(std::vector<VerifyFailure> index_failures) {
    if (entries_ == 0 && !ended_early_)
      Fail(0, "sequence", "the ledger has no entries, not even its genesis", Verdict::kTampered);
    CheckSignatures();
    for (; next_checkpoint_ < checkpoints_.size() && !ended_early_; ++next_checkpoint_) {
      const OpenedCheckpoint& late = checkpoints_[next_checkpoint_];
      Fail(next_seq_, "checkpoint",
           "the checkpoint " + late.input.where + " vouches for " + std::to_string(late.checkpoint.size) +
               " entries, but the ledger ends after " + std::to_string(next_seq_),
           Verdict::kTruncated);
    }
    for (VerifyFailure& failure : index_failures) Fail(std::move(failure));
    return Report();
  }

  Status past_status() const { return past_status_; }
  uint64_t entries() const { return entries_; }
  uint64_t envelopes() const { return envelopes_.size(); }
  uint64_t principals() const { return principals_.size(); }

 private:
  void Fail(VerifyFailure failure) {
    ++failure_count_;
    worst_ = Severity(failure.verdict) > Severity(worst_) ? failure.verdict : worst_;
    if (failures_.size() < VerifyReport::kMaxFailures) failures_.push_back(std::move(failure));
  }
  void Fail(std::optional<uint64_t> seq, std::string check, std::string message, Verdict verdict) {
    Fail({seq, std::move(check), std::move(message), verdict});
  }

  void AddCheckpoint(CheckpointInput input) {
    auto note = ParseNote(input.note);
    if (!note.ok()) {
      Fail(std::nullopt, "checkpoint", "the checkpoint " + input.where + ": " + note.status().ToString(),
           Verdict::kTampered);
      return;
    }
    auto checkpoint = ParseCheckpoint(note->text);
    if (!checkpoint.ok()) {
      Fail(std::nullopt, "checkpoint", "the checkpoint " + input.where + ": " + checkpoint.status().ToString(),
           Verdict::kTampered);
      return;
    }
    checkpoints_.push_back({std::move(input), *std::move(checkpoint), *std::move(note)});
  }

  bool NextIsAt(uint64_t least, uint64_t most) const {
    if (next_checkpoint_ == checkpoints_.size()) return false;
    const uint64_t size = checkpoints_[next_checkpoint_].checkpoint.size;
    return least <= size && size <= most;
  }

  void Agree(OpenedCheckpoint& at) {
    at.agrees = true;
    ++roots_agree_;
    if (at.input.anchor) ++anchors_agree_;
  }

  void CompareRoot() {
    OpenedCheckpoint& at = checkpoints_[next_checkpoint_++];
    if (tree_broken_) return;  // an entry is missing: the roots can only differ, and the failure is reported already
    if (at.checkpoint.root == frontier_.Root()) {
      Agree(at);
      last_good_size_ = at.checkpoint.size;
      return;
    }
    // Where an entry itself shows the change, that entry is the place to look, not the whole run since the last
    // checkpoint.
    const bool explained = worst_ == Verdict::kTampered;
    const uint64_t first_suspect = std::min(last_good_size_, next_seq_ == 0 ? 0 : next_seq_ - 1);
    Fail(explained ? std::nullopt : std::optional(first_suspect), "tree",
         "the root over " + std::to_string(at.checkpoint.size) + " entries is not that of the checkpoint " +
             at.input.where + "; what differs lies at or after entry " + std::to_string(last_good_size_),
         Verdict::kTampered);
  }

  void CheckHeader(uint64_t seq, const PreparedEntry& prepared, bool gap) {
    const EntryHeader& header = prepared.entry.header;
    if (header.seq != seq) {
      Fail(seq, "sequence",
           "the entry stored as " + std::to_string(seq) + " says that it is " + std::to_string(header.seq),
           Verdict::kTampered);
    } else if (!gap && (previous_known_ || past_ == nullptr) && header.previous != previous_) {
      if (seq == 0) {
        Fail(0, "chain", "entry 0 names a previous entry", Verdict::kTampered);
      } else {
        Fail(seq - 1, "chain",
             Seq(seq - 1) + (previous_readable_ ? "" : ", which is malformed,") + " is not the one that entry " +
                 std::to_string(seq) + " was sealed upon",
             Verdict::kTampered);
      }
    }
    if (header.recorded_at < recorded_at_) {
      Fail(seq, "time", Seq(seq) + " was recorded before the entry before it", Verdict::kTampered);
    }
    recorded_at_ = std::max(recorded_at_, header.recorded_at);
  }

  void CheckEvent(uint64_t seq, Nanos recorded_at, const LedgerEvent& event) {
    if (const KeyRotated* rotated = std::get_if<KeyRotated>(&event)) CheckRotated(seq, recorded_at, *rotated);
    const Genesis* genesis = std::get_if<Genesis>(&event);
    if ((genesis != nullptr) != (seq == 0)) {
      Fail(seq, "form", seq == 0 ? "entry 0 is not the ledger's genesis" : "a second genesis", Verdict::kTampered);
    }
    if (genesis == nullptr || seq != 0) return;
    origin_ = genesis->origin;
    if (genesis->format_version != kFormatVersion) {
      Fail(seq, "form", "format version " + std::to_string(genesis->format_version) + " is unknown",
           Verdict::kTampered);
    }
    auto keys = KeyHistory::From(*genesis, recorded_at);
    if (keys.ok()) {
      keys_ = *std::move(keys);
    } else {
      Fail(seq, "form", "the genesis names no usable key: " + keys.status().ToString(), Verdict::kTampered);
    }
  }

  void CheckRotated(uint64_t seq, Nanos recorded_at, const KeyRotated& rotated) {
    if (!keys_) return;  // without a genesis: reported already
    if (const Status added = keys_->Add(seq, recorded_at, rotated); !added.ok()) {
      Fail(seq, "key", "the rotation of the key does not hold: " + added.message(), Verdict::kTampered);
    }
  }

  void CheckTransitionEntry(uint64_t seq, const PreparedEntry& prepared) {
    const EntryHeader& header = prepared.entry.header;
    const TransitionFacts& facts = prepared.facts;
    if (seq == 0) Fail(0, "form", "entry 0 is not the ledger's genesis", Verdict::kTampered);
    EnvelopeState& envelope = FindEnvelope(seq, facts.envelope_id);
    if (const Status legal = CheckMove(envelope.lifecycle, facts); !legal.ok()) {
      Fail(seq, "lifecycle", "envelope " + std::string(facts.envelope_id) + ": " + legal.ToString(),
           Verdict::kTampered);
    }
    const bool first = envelope.lifecycle.revisions == 0;
    const std::optional<uint64_t> expected_previous = first ? std::nullopt : std::optional(envelope.last_seq);
    if (header.envelope_revision != envelope.lifecycle.revisions || header.envelope_previous != expected_previous) {
      Fail(seq, "links",
           "envelope " + std::string(facts.envelope_id) + ": revision " + Text(header.envelope_revision) +
               " after entry " + Text(header.envelope_previous) + "; revision " +
               std::to_string(envelope.lifecycle.revisions) + " after entry " + Text(expected_previous) + " is due",
           Verdict::kIncomplete);
    }
    CheckPrincipalLinks(seq, prepared, envelope);
    envelope.lifecycle = Advance(envelope.lifecycle, facts);
    // Follow the stored revision, so that one missing record is one failure.
    if (header.envelope_revision) envelope.lifecycle.revisions = *header.envelope_revision + 1;
    envelope.last_seq = seq;
  }

  // What the past says, or what the defaults say when it cannot be had: that is then the failure.
  template <typename State>
  State FromPast(uint64_t seq, const std::string& what, Result<State> past) {
    if (past.ok()) return *std::move(past);
    if (past.status().code() == Code::kCorruption) {
      Fail(seq, "links", what + ": " + past.status().message(), Verdict::kTampered);
    } else if (past_status_.ok()) {
      past_status_ = std::move(past).status();
    }
    return State{};
  }

  EnvelopeState& FindEnvelope(uint64_t seq, std::string_view id) {
    if (const auto found = envelopes_.find(id); found != envelopes_.end()) return found->second;
    EnvelopeState state;
    if (past_ != nullptr) state = FromPast(seq, "envelope " + std::string(id), past_->Envelope(id));
    return envelopes_.emplace(std::string(id), std::move(state)).first->second;
  }

  PrincipalState& FindPrincipal(uint64_t seq, const PrincipalView& principal, const PrincipalLink* link) {
    WritePrincipalKey(principal, principal_key_);
    if (const auto found = principals_.find(principal_key_); found != principals_.end()) return found->second;
    PrincipalState state;
    if (past_ != nullptr && link != nullptr) {
      state = FromPast(seq, "principal " + std::string(principal.id), past_->Principal(principal, *link, seq));
    }
    return principals_.emplace(principal_key_, state).first->second;
  }

  void CheckPrincipalLinks(uint64_t seq, const PreparedEntry& prepared, EnvelopeState& envelope) {
    const std::vector<PrincipalLink>& links = prepared.entry.header.principal_links;
    size_t used = 0;
    for (const Involvement& involved : prepared.facts.involved) {
      const RoleMask held = envelope.roles.Held(involved.principal);
      const auto roles = static_cast<RoleMask>(involved.roles & ~held);
      if (roles == 0) continue;
      envelope.roles.Add(involved.principal, roles);
      PrincipalState& state = FindPrincipal(seq, involved.principal, used < links.size() ? &links[used] : nullptr);
      const PrincipalLink due{roles, held, state.ordinal + 1,
                              state.ordinal == 0 ? std::nullopt : std::optional(state.last_seq)};
      ++state.ordinal;
      state.last_seq = seq;
      if (used == links.size()) {
        Fail(seq, "links", "no link for principal " + std::string(involved.principal.id), Verdict::kIncomplete);
        continue;
      }
      const PrincipalLink& link = links[used++];
      if (link == due) continue;
      Fail(seq, "links",
           "principal " + std::string(involved.principal.id) + ": ordinal " + std::to_string(link.ordinal) +
               " after entry " + Text(link.previous) + " as " + RoleNames(link.roles) + "; ordinal " +
               std::to_string(due.ordinal) + " after entry " + Text(due.previous) + " as " + RoleNames(due.roles) +
               " is due",
           Verdict::kIncomplete);
      state.ordinal = std::max(state.ordinal, link.ordinal);
    }
    if (used != links.size()) {
      Fail(seq, "links", std::to_string(links.size() - used) + " links more than principals", Verdict::kIncomplete);
    }
  }

  // The key that was given is part of the history, or nothing that the history says counts.
  void CheckTrustedKey() {
    if (!trusted_key_ || !keys_ || TrustedIndex() < keys_->keys().size()) return;
    const std::string ours = FormatVerifierKey(keys_->keys().front().key);
    Fail(0, "key",
         keys_->keys().size() == 1
             ? "the ledger's genesis names the key " + ours + ", not " + FormatVerifierKey(*trusted_key_)
             : "none of the ledger's " + std::to_string(keys_->keys().size()) + " keys, from " + ours + " to " +
                   FormatVerifierKey(keys_->current().key) + ", is " + FormatVerifierKey(*trusted_key_),
         Verdict::kWrongKey);
  }

  size_t TrustedIndex() const { return keys_->IndexOf(*trusted_key_); }

  // Only the history tells which key was in force at which size, so this waits for the last entry.
  void CheckSignatures() {
    CheckTrustedKey();
    if (!keys_) return CheckByTrustedKeyAlone();
    for (const OpenedCheckpoint& at : checkpoints_) CheckSignature(at);
    if (!trusted_key_ || TrustedIndex() == keys_->keys().size()) return;
    // What is missing, was cut off or changed explains why nothing that agrees is left.
    if (signed_by_trusted_ || ended_early_ || Severity(worst_) > Severity(Verdict::kWrongKey)) return;
    Fail(std::nullopt, "key",
         "nothing that agrees with the entries is signed by " + FormatVerifierKey(*trusted_key_) +
             ", the key given, or by a later key of the ledger",
         Verdict::kWrongKey);
  }

  // Without a genesis, which is a failure already, nothing is known of other keys; but a line that names this one must
  // verify.
  void CheckByTrustedKeyAlone() {
    for (const OpenedCheckpoint& at : checkpoints_) {
      if (!trusted_key_) return;
      if (const Status status = VerifyNote(at.note, *trusted_key_); status.code() == Code::kCorruption) {
        Fail(std::nullopt, "checkpoint", "the checkpoint " + at.input.where + ": " + status.ToString(),
             Verdict::kTampered);
      }
    }
  }

  void CheckSignature(const OpenedCheckpoint& at) {
    const NoteSigners signers = SignersOf(at.note, *keys_);
    const size_t in_force = keys_->IndexAt(at.checkpoint.size);
    // What lies beyond the end may be signed by a key whose rotation was cut off as well.
    const bool beyond = at.checkpoint.size > next_seq_ && trusted_key_ && VerifyNote(at.note, *trusted_key_).ok();
    const std::string name = "the checkpoint " + at.input.where;
    if (at.checkpoint.origin != keys_->origin()) {
      Fail(std::nullopt, "checkpoint", name + " is of the origin \"" + at.checkpoint.origin + "\"", Verdict::kWrongKey);
    } else if (!signers.status.ok()) {
      Fail(std::nullopt, "checkpoint", name + ": " + signers.status.ToString(), Verdict::kTampered);
    } else if (!signers.By(in_force) && !beyond) {
      Fail(std::nullopt, "key",
           name + " is not signed by " + FormatVerifierKey(keys_->keys()[in_force].key) +
               (keys_->keys().size() > 1 ? ", the ledger's key at its size" : ""),
           Verdict::kWrongKey);
    } else {
      ++signatures_;
      if (trusted_key_ && at.agrees && signers.ByThisOrLater(TrustedIndex())) signed_by_trusted_ = true;
    }
  }

  std::string KeyText() const {
    if (!keys_) return trusted_key_ ? FormatVerifierKey(*trusted_key_) + ", given" : "no key";
    const std::string text = trusted_key_ ? FormatVerifierKey(*trusted_key_) + ", given"
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

  VerifyReport Report() {
    VerifyReport report;
    report.first_seq = first_seq_;
    report.entries = entries_;
    report.tree_size = next_seq_;
    report.root = frontier_.Root();
    report.checkpoints = std::min(roots_agree_, signatures_);
    report.origin = origin_;
    report.key = trusted_key_ ? trusted_key_ : keys_ ? std::optional(keys_->current().key) : std::nullopt;
    if (keys_) report.keys = keys_->keys();
    report.key_is_trusted = trusted_key_.has_value();
    report.failure_count = failure_count_;
    report.failures = std::move(failures_);
    // Failures without a seq, of checkpoints and keys, come after those that point at an entry.
    std::stable_sort(report.failures.begin(), report.failures.end(),
                     [](const VerifyFailure& a, const VerifyFailure& b) {
                       return a.seq.value_or(UINT64_MAX) < b.seq.value_or(UINT64_MAX);
                     });
    const bool anchored = anchors_agree_ > 0 && trusted_key_.has_value();
    report.verdict = failure_count_ > 0 ? worst_ : anchored ? Verdict::kValid : Verdict::kUnanchored;

    const std::string all = std::to_string(entries_) + " entries";
    const std::string only_hashed = "not checked: only hashes are compared";
    report.checks["sequence"] = all;
    for (const char* check : {"form", "chain", "time"}) report.checks[check] = only_hashed_ > 0 ? only_hashed : all;
    report.checks["lifecycle"] = only_hashed_ > 0 ? only_hashed : std::to_string(envelopes_.size()) + " envelopes";
    report.checks["links"] = only_hashed_ > 0 ? only_hashed : std::to_string(principals_.size()) + " principals";
    report.checks["tree"] = std::to_string(roots_agree_) + " of " + std::to_string(checkpoints_.size()) +
                            " checkpoints have the root of the entries; " +
                            std::to_string(next_seq_ - last_good_size_) + " entries are after the last of them";
    report.checks["checkpoint"] = std::to_string(signatures_) + " of " + std::to_string(checkpoints_.size()) +
                                  " signatures verify, " + std::to_string(anchors_agree_) +
                                  " checkpoints kept elsewhere agree";
    report.checks["key"] = KeyText();
    return report;
  }

  const std::optional<VerifierKey> trusted_key_;
  ProvenPast* const past_;
  Status past_status_;
  std::vector<OpenedCheckpoint> checkpoints_;  // ascending by size
  size_t next_checkpoint_ = 0;
  std::optional<KeyHistory> keys_;
  std::string origin_;

  uint64_t first_seq_ = 0;
  uint64_t next_seq_ = 0;
  uint64_t entries_ = 0;
  uint64_t only_hashed_ = 0;
  Hash previous_{};
  bool previous_known_ = false;
  bool previous_readable_ = true;
  Nanos recorded_at_ = 0;
  Frontier frontier_;
  bool tree_broken_ = false;
  bool ended_early_ = false;
  uint64_t last_good_size_ = 0;
  uint64_t roots_agree_ = 0;
  uint64_t anchors_agree_ = 0;
  uint64_t signatures_ = 0;
  bool signed_by_trusted_ = false;

  StringMap<EnvelopeState> envelopes_;
  StringMap<PrincipalState> principals_;
  std::string principal_key_;  // scratch

  std::vector<VerifyFailure> failures_;
  uint64_t failure_count_ = 0;
  Verdict worst_ = Verdict::kUnanchored;
};

Verifier::Verifier(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> checkpoints, ProvenPast* past)
    : impl_(std::make_unique<Impl>(std::move(trusted_key), std::move(checkpoints), past)) {}
Verifier::~Verifier() = default;
void Verifier::Add(uint64_t stored_seq, const PreparedEntry& prepared) { impl_->Add(stored_seq, prepared); }
void Verifier::EndEarly() { impl_->EndEarly(); }
VerifyReport Verifier::Finish(std::vector<VerifyFailure> index_failures) {
  return impl_->Finish(std::move(index_failures));
}
void Verifier::AddPastEvent(uint64_t seq, const PreparedEntry& prepared) { impl_->AddPastEvent(seq, prepared); }
Status Verifier::past_status() const { return impl_->past_status(); }
uint64_t Verifier::entries() const { return impl_->entries(); }
uint64_t Verifier::envelopes() const { return impl_->envelopes(); }
uint64_t Verifier::principals() const { return impl_->principals(); }

}  // namespace envledger
