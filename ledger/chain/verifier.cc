// One pass over the entries keeps what the sequencer kept when it sealed them: the hash of the previous entry, the
// tree's right edge, the state of each envelope, and how far each principal's links reach (Followed). Every entry must
// fit that state. After a failure the state follows what is stored, so that one bad entry gives one failure and not a
// flood.
#include "ledger/chain/verifier.h"

#include <algorithm>

#include "ledger/chain/checkpoint_check.h"

namespace envledger {
namespace {

std::string Seq(uint64_t seq) { return "entry " + std::to_string(seq); }

std::string Text(const std::optional<uint64_t>& value) { return value ? std::to_string(*value) : "absent"; }

}  // namespace

void AddFailure(VerifyReport& report, VerifyFailure failure) {
  ++report.failure_count;
  report.verdict = Worse(report.verdict, failure.verdict);
  if (report.failures.size() < VerifyReport::kMaxFailures) report.failures.push_back(std::move(failure));
}

Status StatusOf(const VerifyReport& report) {
  if (IsPass(report.verdict)) return Ok();
  const auto first = std::find_if(report.failures.begin(), report.failures.end(),
                                  [&](const VerifyFailure& failure) { return failure.verdict == report.verdict; });
  // Only the first failures are kept, and the worst one may have come later.
  if (first == report.failures.end()) return {report.verdict, std::to_string(report.failure_count) + " failures"};
  std::string message = (first->seq ? Seq(*first->seq) : "the ledger") + " (" + first->check + "): " + first->message;
  if (report.failure_count > 1) message += "; " + std::to_string(report.failure_count) + " failures in all";
  return {report.verdict, std::move(message)};
}

void InOrder(size_t count, const std::function<void(size_t)>& task) {
  for (size_t i = 0; i < count; ++i) task(i);
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

PreparedEntry PrepareHash(std::string_view bytes) {
  if (HoldsEvent(bytes)) return PrepareEntry(bytes);
  PreparedEntry prepared;
  prepared.leaf_hash = LeafHash(bytes);
  prepared.only_hashed = true;
  return prepared;
}

class Verifier::Impl {
 public:
  Impl(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> given, VerifyScope scope)
      : past_(scope.past),
        follows_(scope.lifecycle_and_links && (scope.past != nullptr || scope.from.size() == 0)),
        first_seq_(scope.from.size()),
        next_seq_(first_seq_),
        previous_known_(first_seq_ == 0),
        tree_(std::move(scope.from)),
        checkpoints_(std::move(trusted_key), std::move(given), scope.stored, std::move(scope.parallel_for),
                     [this](std::optional<uint64_t> seq, std::string check, std::string message, Verdict verdict) {
                       Keep({seq, std::move(check), std::move(message), verdict});
                     }) {
    checkpoints_.Start(tree_);
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
      tree_known_ = false;
    }
    if (prepared.only_hashed) {
      ++only_hashed_;
      // Without this check, nothing would establish the ledger's key in a verification that looks at little else.
      if (stored_seq == 0) Fail(0, "form", "entry 0 is not the ledger's genesis", Verdict::kTampered);
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
    if (tree_known_) tree_.Append(prepared.leaf_hash);
    checkpoints_.Reach(next_seq_, tree_known_ ? &tree_ : nullptr, worst_of_entries_ == Verdict::kTampered);
  }

  void EndEarly() { ended_early_ = true; }

  VerifyReport Finish(std::vector<VerifyFailure> index_failures) {
    if (next_seq_ == 0 && !ended_early_) {
      Fail(0, "sequence", "the ledger has no entries, not even its genesis", Verdict::kTampered);
    }
    const bool explained = worst_of_entries_ == Verdict::kTruncated || worst_of_entries_ == Verdict::kTampered;
    checkpoints_.Finish(next_seq_, ended_early_, explained);
    for (VerifyFailure& failure : index_failures) Keep(std::move(failure));
    return Report();
  }

  Status input_status() const { return past_status_.ok() ? checkpoints_.source_status() : past_status_; }
  uint64_t next_seq() const { return next_seq_; }
  const Frontier& tree() const { return tree_; }
  const std::optional<KeyHistory>& keys() const { return checkpoints_.keys(); }
  uint64_t envelopes() const { return followed_.envelopes(); }
  uint64_t principals() const { return followed_.principals(); }

 private:
  void Keep(VerifyFailure failure) {
    ++failure_count_;
    worst_ = Worse(worst_, failure.verdict);
    if (failures_.size() < VerifyReport::kMaxFailures) failures_.push_back(std::move(failure));
  }
  void Fail(std::optional<uint64_t> seq, std::string check, std::string message, Verdict verdict) {
    worst_of_entries_ = Worse(worst_of_entries_, verdict);
    Keep({seq, std::move(check), std::move(message), verdict});
  }

  void CheckHeader(uint64_t seq, const PreparedEntry& prepared, bool gap) {
    const EntryHeader& header = prepared.entry.header;
    if (header.seq != seq) {
      Fail(seq, "sequence",
           "the entry stored as " + std::to_string(seq) + " says that it is " + std::to_string(header.seq),
           Verdict::kTampered);
    } else if (!gap && previous_known_ && header.previous != previous_) {
      if (seq == 0) {
        Fail(0, "chain", "entry 0 names a previous entry", Verdict::kTampered);
      } else {
        Fail(seq - 1, "chain",
             Seq(seq - 1) + (previous_readable_ ? "" : ", which is malformed,") +
                 " does not have the hash that entry " + std::to_string(seq) + " gives for it",
             Verdict::kTampered);
      }
    }
    if (header.recorded_at < recorded_at_) {
      Fail(seq, "time", Seq(seq) + " was recorded earlier than the entry before it", Verdict::kTampered);
    }
    recorded_at_ = std::max(recorded_at_, header.recorded_at);
  }

  void CheckEvent(uint64_t seq, Nanos recorded_at, const LedgerEvent& event) {
    checkpoints_.AddEvent(seq, recorded_at, event);
    const Genesis* genesis = std::get_if<Genesis>(&event);
    if ((genesis != nullptr) != (seq == 0)) {
      Fail(seq, "form", seq == 0 ? "entry 0 is not the ledger's genesis" : "a second genesis", Verdict::kTampered);
    }
    if (genesis == nullptr || seq != 0) return;
    if (genesis->format_version != kFormatVersion) {
      Fail(seq, "form", "format version " + std::to_string(genesis->format_version) + " is unknown",
           Verdict::kTampered);
    }
  }

  void CheckTransitionEntry(uint64_t seq, const PreparedEntry& prepared) {
    const EntryHeader& header = prepared.entry.header;
    const TransitionFacts& facts = prepared.facts;
    if (seq == 0) Fail(0, "form", "entry 0 is not the ledger's genesis", Verdict::kTampered);
    if (!follows_) return;
    Followed::Envelope envelope = FindEnvelope(seq, facts.envelope_id);
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
    followed_.Put(envelope);
  }

  // A past that cannot be what was vouched for is a failure of the entry that continues it.
  void NotePast(uint64_t seq, const std::string& what, const Status& past) {
    if (past.code() == Code::kCorruption) {
      Fail(seq, "links", what + ": " + past.message(), Verdict::kTampered);
    } else if (past_status_.ok()) {
      past_status_ = past;
    }
  }

  Followed::Envelope FindEnvelope(uint64_t seq, std::string_view id) {
    Followed::Envelope envelope = followed_.Take(id);
    if (envelope.known || past_ == nullptr) return envelope;
    const Status past = past_->Envelope(id, envelope);
    if (past.ok()) return envelope;
    NotePast(seq, "envelope " + std::string(id), past);
    return followed_.Take(id);  // as if it had no past
  }

  // `number`: the principal's number (Followed::NumberOf).
  PrincipalState FindPrincipal(uint64_t seq, const PrincipalView& principal, uint32_t number,
                               const PrincipalLink* link) {
    if (const auto known = followed_.StateOf(number)) return *known;
    if (past_ == nullptr || link == nullptr) return {};
    const auto past = past_->Principal(principal, *link, seq);
    if (past.ok()) return *past;
    NotePast(seq, "principal " + std::string(principal.id), past.status());
    return {};
  }

  void CheckPrincipalLinks(uint64_t seq, const PreparedEntry& prepared, Followed::Envelope& envelope) {
    const std::vector<PrincipalLink>& links = prepared.entry.header.principal_links;
    size_t used = 0;
    for (const Involvement& involved : prepared.facts.involved) {
      const uint32_t number = followed_.NumberOf(involved.principal);
      const RoleMask held = envelope.Held(number);
      const auto roles = static_cast<RoleMask>(involved.roles & ~held);
      if (roles == 0) continue;
      envelope.Add(number, roles);
      const PrincipalLink* link = used < links.size() ? &links[used++] : nullptr;
      PrincipalState state = FindPrincipal(seq, involved.principal, number, link);
      const PrincipalLink due{roles, held, state.ordinal + 1,
                              state.ordinal == 0 ? std::nullopt : std::optional(state.last_seq)};
      state = {due.ordinal, seq};
      if (link == nullptr) {
        Fail(seq, "links", "no link for principal " + std::string(involved.principal.id), Verdict::kIncomplete);
      } else if (*link != due) {
        Fail(seq, "links",
             "principal " + std::string(involved.principal.id) + ": ordinal " + std::to_string(link->ordinal) +
                 " after entry " + Text(link->previous) + " as " + RoleNames(link->roles) + "; ordinal " +
                 std::to_string(due.ordinal) + " after entry " + Text(due.previous) + " as " + RoleNames(due.roles) +
                 " is due",
             Verdict::kIncomplete);
        state.ordinal = std::max(state.ordinal, link->ordinal);
      }
      followed_.SetState(number, state);
    }
    if (used != links.size()) {
      Fail(seq, "links", std::to_string(links.size() - used) + " more links than principals", Verdict::kIncomplete);
    }
  }

  VerifyReport Report() {
    VerifyReport report;
    report.first_seq = first_seq_;
    report.entries = entries_;
    report.tree_size = next_seq_;
    if (tree_known_) report.root = tree_.Root();
    report.failure_count = failure_count_;
    report.failures = std::move(failures_);
    // Failures without a seq, of checkpoints and keys, come after those that point at an entry.
    std::stable_sort(report.failures.begin(), report.failures.end(),
                     [](const VerifyFailure& a, const VerifyFailure& b) {
                       return a.seq.value_or(UINT64_MAX) < b.seq.value_or(UINT64_MAX);
                     });
    report.verdict = failure_count_ > 0 ? worst_ : checkpoints_.anchored() ? Verdict::kValid : Verdict::kUnanchored;

    const std::string all = std::to_string(entries_) + " entries";
    const std::string only_hashed = "not checked: only hashes are compared";
    report.checks["sequence"] = all;
    for (const char* check : {"form", "chain", "time"}) report.checks[check] = only_hashed_ > 0 ? only_hashed : all;
    const std::string left_out = only_hashed_ > 0 ? only_hashed : "not checked: earlier entries are not read";
    const bool followed = follows_ && only_hashed_ == 0;
    report.checks["lifecycle"] = followed ? std::to_string(followed_.envelopes()) + " envelopes" : left_out;
    report.checks["links"] = followed ? std::to_string(followed_.principals()) + " principals" : left_out;
    checkpoints_.Tell(next_seq_, report);
    return report;
  }

  ProvenPast* const past_;
  const bool follows_;  // lifecycle and links
  Status past_status_;

  const uint64_t first_seq_;
  uint64_t next_seq_;
  uint64_t entries_ = 0;
  uint64_t only_hashed_ = 0;
  Hash previous_{};
  bool previous_known_;
  bool previous_readable_ = true;
  Nanos recorded_at_ = 0;
  Frontier tree_;
  bool tree_known_ = true;  // no entry is missing so far
  bool ended_early_ = false;

  Followed followed_;

  std::vector<VerifyFailure> failures_;
  uint64_t failure_count_ = 0;
  Verdict worst_ = Verdict::kUnanchored;
  Verdict worst_of_entries_ = Verdict::kUnanchored;
  CheckpointCheck checkpoints_;  // reports its failures to the members above
};

Verifier::Verifier(std::optional<VerifierKey> trusted_key, std::vector<CheckpointInput> given, VerifyScope scope)
    : impl_(std::make_unique<Impl>(std::move(trusted_key), std::move(given), std::move(scope))) {}
Verifier::~Verifier() = default;
void Verifier::Add(uint64_t stored_seq, const PreparedEntry& prepared) { impl_->Add(stored_seq, prepared); }
void Verifier::EndEarly() { impl_->EndEarly(); }
VerifyReport Verifier::Finish(std::vector<VerifyFailure> index_failures) {
  return impl_->Finish(std::move(index_failures));
}
void Verifier::AddPastEvent(uint64_t seq, const PreparedEntry& prepared) { impl_->AddPastEvent(seq, prepared); }
Status Verifier::input_status() const { return impl_->input_status(); }
uint64_t Verifier::next_seq() const { return impl_->next_seq(); }
const Frontier& Verifier::tree() const { return impl_->tree(); }
const std::optional<KeyHistory>& Verifier::keys() const { return impl_->keys(); }
uint64_t Verifier::envelopes() const { return impl_->envelopes(); }
uint64_t Verifier::principals() const { return impl_->principals(); }

}  // namespace envledger
