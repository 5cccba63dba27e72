// A long envelope has more than kShortEnvelope records. Its first records are read like those of any other envelope:
// they hold what was requested and who asked. Of the later records the rules need only four facts: the last stage,
// whether any of them allowed the envelope, which roles a decider already holds, and whether a record with the same
// bytes exists. Each of these is one posting list of the index (index_keys.h), read when it is needed. Loading or
// extending an envelope therefore costs the same however long it is.
#include "ledger/sealing/heads.h"

#include <algorithm>

#include "ledger/chain/verifier.h"

namespace envledger {

PrincipalMark MarkOf(std::string_view principal_prefix) {
  SipHash hash(ProcessSipKey());
  hash.Add(principal_prefix);
  return hash.Finish128();
}

Owner OwnerOf(const Recorder& recorder) { return {recorder.uid, MarkOf(recorder.producer)}; }

// HeldRoles

size_t HeldRoles::MarkHash::operator()(const PrincipalMark& mark) const {
  return mark[0];  // a keyed hash already
}

RoleMask HeldRoles::Held(const PrincipalMark& principal) const {
  for (const auto& [known, roles] : few_) {
    if (known == principal) return roles;
  }
  if (many_.empty()) return 0;
  const auto found = many_.find(principal);
  return found == many_.end() ? RoleMask{0} : found->second;
}

void HeldRoles::Set(const PrincipalMark& principal, RoleMask roles) {
  const auto known = std::find_if(few_.begin(), few_.end(), [&](const auto& held) { return held.first == principal; });
  if (known != few_.end()) {
    if (roles != 0) {
      known->second = roles;
    } else {
      few_.erase(known);
    }
  } else if (roles == 0) {
    many_.erase(principal);
  } else if (few_.size() < kFew && many_.find(principal) == many_.end()) {
    few_.emplace_back(principal, roles);
  } else {
    many_[principal] = roles;
  }
}

size_t HeldRoles::MemoryBytes() const {
  constexpr size_t kNode = sizeof(PrincipalMark) + sizeof(RoleMask) + 4 * sizeof(void*);
  return few_.capacity() * sizeof(few_[0]) + many_.size() * kNode + many_.bucket_count() * sizeof(void*);
}

// RecordMarks

std::optional<uint64_t> RecordMarks::SeqOf(uint64_t revision) const {
  if (revision < first_.size()) return first_[revision].seq;
  if (revision < later_begin_ || revision - later_begin_ >= later_.size()) return std::nullopt;
  return later_[revision - later_begin_].seq;
}

std::vector<uint64_t> RecordMarks::Candidates(std::string_view transition) const {
  std::vector<uint64_t> seqs;
  const uint64_t quick = std::hash<std::string_view>{}(transition);
  for (const Mark& mark : first_) {
    if (mark.fingerprint == quick) seqs.push_back(mark.seq);
  }
  if (later_.empty()) return seqs;
  const auto [begin, end] = later_by_bytes_.equal_range(FingerprintOf(transition));
  for (auto mark = begin; mark != end; ++mark) seqs.push_back(mark->second);
  return seqs;
}

void RecordMarks::Add(uint64_t revision, std::string_view transition, uint64_t seq) {
  if (revision < kShortEnvelope) {
    first_.push_back({std::hash<std::string_view>{}(transition), seq});
    return;
  }
  const uint64_t fingerprint = FingerprintOf(transition);
  if (later_.empty()) later_begin_ = revision;
  later_.push_back({fingerprint, seq});
  later_by_bytes_.emplace(fingerprint, seq);
}

void RecordMarks::Erase(uint64_t fingerprint, uint64_t seq) {
  const auto [begin, end] = later_by_bytes_.equal_range(fingerprint);
  const auto found = std::find_if(begin, end, [seq](const auto& mark) { return mark.second == seq; });
  if (found != end) later_by_bytes_.erase(found);
}

void RecordMarks::RemoveLast() {
  if (later_.empty()) {
    first_.pop_back();
    return;
  }
  Erase(later_.back().fingerprint, later_.back().seq);
  later_.pop_back();
}

bool RecordMarks::ForgetIndexed(uint64_t watermark) {
  bool any = false;
  for (; !later_.empty() && later_.front().seq < watermark; any = true) {
    Erase(later_.front().fingerprint, later_.front().seq);
    later_.pop_front();
    ++later_begin_;
  }
  return any;
}

size_t RecordMarks::MemoryBytes() const {
  constexpr size_t kNode = sizeof(Mark) + 3 * sizeof(void*);
  return first_.capacity() * sizeof(Mark) + later_.size() * (sizeof(Mark) + kNode) +
         later_by_bytes_.bucket_count() * sizeof(void*);
}

// HeadReader

namespace {

Status NotAsIndexed(uint64_t seq, const std::string& what) {
  return IndexDamage("the index names entry " + std::to_string(seq) + " as " + what +
                     ", but the entry is something else");
}

}  // namespace

// The entry of a transition, read from the log and checked.
struct HeadReader::Loaded {
  std::string bytes;
  EntryView entry;
  TransitionFacts facts;
};

HeadReader::HeadReader(const LogDb& log, std::shared_ptr<const IndexReader> index)
    : log_(log),
      index_(std::move(index)),
      envelopes_(index_->NewCursor(Table::kEnvelopes, Reach::kPrefix)),
      principals_(index_->NewCursor(Table::kPrincipals, Reach::kTable)) {}

Status HeadReader::LoadEntry(uint64_t seq, std::string_view envelope_id, Loaded& loaded) const {
  auto bytes = log_.Read(seq);
  if (bytes.status().code() == Code::kNotFound) {
    return NotAsIndexed(seq, "a record of envelope " + std::string(envelope_id));
  }
  if (!bytes.ok()) return std::move(bytes).status();
  loaded.bytes = *std::move(bytes);
  auto entry = CheckEntry(loaded.bytes);
  if (!entry.ok()) return LogDamage("entry " + std::to_string(seq) + ": " + entry.status().message());
  loaded.entry = *std::move(entry);
  if (loaded.entry.header.seq != seq) {
    return LogDamage("the entry stored as " + std::to_string(seq) + " says that its seq is " +
                     std::to_string(loaded.entry.header.seq));
  }
  if (loaded.entry.event) return NotAsIndexed(seq, "a record");
  loaded.facts = FactsOf(loaded.entry.transition);
  return Ok();
}

Status HeadReader::LoadEnvelope(std::string_view envelope_id, EnvelopeHead& head) {
  const std::string prefix = EnvelopePrefix(envelope_id);
  IndexCursor& at = *envelopes_;
  for (at.Seek(prefix); at.Valid() && at.key().starts_with(prefix); at.Next()) {
    if (head.state.revisions == kShortEnvelope) return LoadLong(envelope_id, head);
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t revision, RevisionOf(at.key()));
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, SeqOf(Table::kEnvelopes, at.key(), at.value()));
    Loaded loaded;
    ENVLEDGER_RETURN_IF_ERROR(LoadEntry(seq, envelope_id, loaded));
    const EntryHeader& header = loaded.entry.header;
    if (loaded.facts.envelope_id != envelope_id || header.envelope_revision != revision) {
      return NotAsIndexed(seq, "revision " + std::to_string(revision) + " of envelope " + std::string(envelope_id));
    }
    const bool again = head.state.revisions > 0 && revision + 1 == head.state.revisions;
    if (revision != head.state.revisions && !again) {
      return IndexDamage("the index has no revision " + std::to_string(head.state.revisions) + " of envelope " +
                         std::string(envelope_id));
    }
    head.state = Advance(head.state, loaded.facts);
    // Older versions could seal a revision twice when the index was broken. It counts once, as in verification.
    head.state.revisions = revision + 1;
    if (revision == 0 && !again) head.owner = OwnerOf(header.recorder);
    if (!again) head.marks.Add(revision, loaded.entry.transition, seq);
    head.last_seq = std::max(head.last_seq, seq);
    for (const Involvement& involved : loaded.facts.involved) {
      const PrincipalMark mark = MarkOf(PrincipalPrefix(involved.principal));
      head.roles.Set(mark, static_cast<RoleMask>(head.roles.Held(mark) | involved.roles));
    }
  }
  return at.status();
}

// The cursor is at the first record after the short part.
Status HeadReader::LoadLong(std::string_view envelope_id, EnvelopeHead& head) {
  const std::string prefix = EnvelopePrefix(envelope_id);
  IndexCursor& at = *envelopes_;
  at.SeekForPrev(EnvelopeKey(envelope_id, UINT64_MAX, UINT64_MAX));
  ENVLEDGER_RETURN_IF_ERROR(at.status());
  if (!at.Valid() || !at.key().starts_with(prefix)) {
    return IndexDamage("the index has records of envelope " + std::string(envelope_id) +
                       " when read forwards, but no last record when read backwards");
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t revision, RevisionOf(at.key()));
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t last, SeqOf(Table::kEnvelopes, at.key(), at.value()));
  Loaded loaded;
  ENVLEDGER_RETURN_IF_ERROR(LoadEntry(last, envelope_id, loaded));
  if (loaded.facts.envelope_id != envelope_id || loaded.entry.header.envelope_revision != revision) {
    return NotAsIndexed(last, "revision " + std::to_string(revision) + " of envelope " + std::string(envelope_id));
  }
  head.state.revisions = revision + 1;
  head.last_seq = std::max(head.last_seq, last);
  head.more_marks_in_index = true;
  head.more_roles_in_index = true;

  ENVLEDGER_ASSIGN_OR_RETURN(const auto staged, LastOf(FacetPrefix(kFacetStage, envelope_id)));
  if (staged) {
    ENVLEDGER_RETURN_IF_ERROR(LoadEntry(*staged, envelope_id, loaded));
    if (loaded.facts.envelope_id != envelope_id || loaded.facts.stage == Stage::kAnnotated) {
      return NotAsIndexed(*staged, "a stage of envelope " + std::string(envelope_id));
    }
    head.state.stage = loaded.facts.stage;
  }
  ENVLEDGER_ASSIGN_OR_RETURN(const auto allowed, LastOf(FacetPrefix(kFacetAllow, envelope_id)));
  if (allowed) head.state.allowed = true;
  return Ok();
}

Result<std::optional<uint64_t>> HeadReader::LastOf(const std::string& facet_prefix) {
  if (!facets_) facets_ = index_->NewCursor(Table::kFacets, Reach::kTable);
  facets_->SeekForPrev(FacetKey(facet_prefix, UINT64_MAX));
  ENVLEDGER_RETURN_IF_ERROR(facets_->status());
  if (!facets_->Valid() || !facets_->key().starts_with(facet_prefix)) return std::optional<uint64_t>();
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, SeqOf(Table::kFacets, facets_->key(), facets_->value()));
  return std::optional(seq);
}

Result<RoleMask> HeadReader::HeldIn(std::string_view envelope_id, std::string_view principal_prefix) {
  const std::string value = HolderValue(DigestOf(principal_prefix), envelope_id);
  ENVLEDGER_ASSIGN_OR_RETURN(const auto seq, LastOf(FacetPrefix(kFacetHolder, value)));
  if (!seq) return RoleMask{0};
  Loaded loaded;
  ENVLEDGER_RETURN_IF_ERROR(LoadEntry(*seq, envelope_id, loaded));
  const auto& links = loaded.entry.header.principal_links;
  for (size_t i = 0; i < links.size() && i < loaded.facts.involved.size(); ++i) {
    if (PrincipalPrefix(loaded.facts.involved[i].principal) != principal_prefix) continue;
    return static_cast<RoleMask>(links[i].held | links[i].roles);
  }
  return NotAsIndexed(*seq, "a principal's roles in envelope " + std::string(envelope_id));
}

Status HeadReader::VisitBytes(std::string_view envelope_id, uint64_t fingerprint,
                              const std::function<bool(uint64_t seq)>& visit) {
  const std::string prefix = FacetPrefix(kFacetBytes, BytesValue(fingerprint, envelope_id));
  if (!facets_) facets_ = index_->NewCursor(Table::kFacets, Reach::kTable);
  for (facets_->Seek(prefix); facets_->Valid() && facets_->key().starts_with(prefix); facets_->Next()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, SeqOf(Table::kFacets, facets_->key(), facets_->value()));
    if (!visit(seq)) return Ok();
  }
  return facets_->status();
}

Result<std::optional<uint64_t>> HeadReader::SeqOfRevision(std::string_view envelope_id, uint64_t revision) {
  const std::string prefix = EnvelopeSeekKey(envelope_id, revision);
  envelopes_->Seek(prefix);
  ENVLEDGER_RETURN_IF_ERROR(envelopes_->status());
  if (!envelopes_->Valid() || !envelopes_->key().starts_with(prefix)) return std::optional<uint64_t>();
  ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, SeqOf(Table::kEnvelopes, envelopes_->key(), envelopes_->value()));
  return std::optional(seq);
}

Status HeadReader::LoadPrincipal(std::string_view prefix, PrincipalHead& head) {
  IndexCursor& at = *principals_;
  at.SeekForPrev(PrincipalKey(prefix, UINT64_MAX));
  ENVLEDGER_RETURN_IF_ERROR(at.status());
  if (!at.Valid() || at.key().size() != prefix.size() + 8 || !at.key().starts_with(prefix)) return Ok();
  ENVLEDGER_ASSIGN_OR_RETURN(const PrincipalPosting posting, DecodePosting(at.value()));
  const uint64_t ordinal = ReadU64(at.key().substr(prefix.size()));
  ENVLEDGER_ASSIGN_OR_RETURN(const auto stated, OrdinalIn(posting.seq, prefix));
  bool sound = stated == ordinal;
  if (stated && *stated < ordinal) {
    // Older versions could seal an ordinal twice when the index was broken (OrdinalOfLink). Then the posting before
    // this one must hold it too.
    at.Prev();
    ENVLEDGER_RETURN_IF_ERROR(at.status());
    if (at.Valid() && at.key() == PrincipalKey(prefix, ordinal - 1)) {
      ENVLEDGER_ASSIGN_OR_RETURN(const PrincipalPosting before, DecodePosting(at.value()));
      ENVLEDGER_ASSIGN_OR_RETURN(const auto taken, OrdinalIn(before.seq, prefix));
      sound = before.seq < posting.seq && taken && *taken >= *stated;
    }
  }
  if (!sound) return NotAsIndexed(posting.seq, "link " + std::to_string(ordinal) + " of a principal");
  head.ordinal = ordinal;
  head.last_seq = posting.seq;
  return Ok();
}

// The ordinal of the principal's link in an entry; nothing when the entry has no such link.
Result<std::optional<uint64_t>> HeadReader::OrdinalIn(uint64_t seq, std::string_view prefix) const {
  Loaded loaded;
  ENVLEDGER_RETURN_IF_ERROR(LoadEntry(seq, "of a principal", loaded));
  const auto& links = loaded.entry.header.principal_links;
  for (size_t i = 0; i < links.size() && i < loaded.facts.involved.size(); ++i) {
    if (PrincipalPrefix(loaded.facts.involved[i].principal) == prefix) return std::optional(links[i].ordinal);
  }
  return std::optional<uint64_t>();
}

}  // namespace envledger
