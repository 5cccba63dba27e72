#include "ledger/index/index_keys.h"

#include <algorithm>

#include "ledger/base/bytes.h"
#include "ledger/crypto/sha256.h"
#include "ledger/index/tree_index.h"

namespace envledger {
namespace {

constexpr size_t kPostingBytes = 8 + 1 + 8 * kRoleCount + 8 + 8 + 8;

}  // namespace

std::string EnvelopePrefix(std::string_view envelope_id) {
  std::string key;
  key.reserve(envelope_id.size() + 17);
  key.append(envelope_id);
  key.push_back('\0');
  return key;
}

std::string EnvelopeSeekKey(std::string_view envelope_id, uint64_t revision) {
  std::string key = EnvelopePrefix(envelope_id);
  AppendU64(key, revision);
  return key;
}

std::string EnvelopeKey(std::string_view envelope_id, uint64_t revision, uint64_t seq) {
  std::string key = EnvelopeSeekKey(envelope_id, revision);
  AppendU64(key, seq);
  return key;
}

Result<uint64_t> RevisionOf(std::string_view key) {
  if (key.size() < 17) return IndexDamage("a key of the index's table of envelopes is cut short");
  return ReadU64(key.substr(key.size() - 16));
}

uint64_t FingerprintOf(std::string_view transition) { return ReadU64(View(Sha256(transition))); }

std::string BytesValue(uint64_t fingerprint, std::string_view envelope_id) {
  return Hex(U64Key(fingerprint)) + std::string(envelope_id);
}

PrincipalDigest DigestOf(std::string_view principal_prefix) {
  const Hash hash = Sha256(principal_prefix);
  PrincipalDigest digest;
  std::copy_n(hash.begin(), digest.size(), digest.begin());
  return digest;
}

std::string HolderValue(const PrincipalDigest& principal, std::string_view envelope_id) {
  return Hex({reinterpret_cast<const char*>(principal.data()), principal.size()}) + std::string(envelope_id);
}

std::string PrincipalPrefix(const PrincipalView& principal) {
  std::string key;
  key.reserve(principal.id.size() + principal.issuer.size() + 11);
  key.append(principal.id);
  key.push_back('\0');
  key.push_back(static_cast<char>(principal.kind));
  key.append(principal.issuer);
  key.push_back('\0');
  return key;
}

std::string PrincipalKey(std::string_view prefix, uint64_t ordinal) {
  std::string key(prefix);
  AppendU64(key, ordinal);
  return key;
}

std::optional<Principal> PrincipalOfKey(std::string_view key) {
  const size_t id_end = key.find('\0');
  if (id_end == std::string_view::npos || key.size() < id_end + 2 + 1 + 8) return std::nullopt;
  const std::string_view rest = key.substr(id_end + 2);
  const std::string_view issuer = rest.substr(0, rest.size() - 9);
  if (rest[issuer.size()] != '\0') return std::nullopt;
  return Principal{static_cast<PrincipalKind>(key[id_end + 1]), std::string(issuer),
                   std::string(key.substr(0, id_end))};
}

std::string EncodePosting(const PrincipalPosting& posting) {
  std::string value;
  value.reserve(kPostingBytes);
  AppendU64(value, posting.seq);
  value.push_back(static_cast<char>(posting.roles));
  for (const uint64_t count : posting.by_role) AppendU64(value, count);
  AppendU64(value, posting.envelopes);
  AppendU64(value, static_cast<uint64_t>(posting.first_seen));
  AppendU64(value, static_cast<uint64_t>(posting.last_seen));
  return value;
}

Result<PrincipalPosting> DecodePosting(std::string_view value) {
  if (value.size() != kPostingBytes) return IndexDamage("a principal's index value has the wrong size");
  PrincipalPosting posting;
  posting.seq = ReadU64(value);
  posting.roles = static_cast<RoleMask>(value[8]);
  value.remove_prefix(9);
  for (uint64_t& count : posting.by_role) {
    count = ReadU64(value);
    value.remove_prefix(8);
  }
  posting.envelopes = ReadU64(value);
  posting.first_seen = static_cast<Nanos>(ReadU64(value.substr(8)));
  posting.last_seen = static_cast<Nanos>(ReadU64(value.substr(16)));
  return posting;
}

std::string SpanKey(int level, uint64_t number) {
  std::string key(1, static_cast<char>(level));
  AppendU64(key, number);
  return key;
}

std::string FacetPrefix(Facet facet, std::string_view value) {
  std::string key;
  key.reserve(value.size() + 10);
  key.push_back(static_cast<char>(facet));
  key.append(value);
  key.push_back('\0');
  return key;
}

std::string FacetKey(std::string_view prefix, uint64_t seq) {
  std::string key(prefix);
  AppendU64(key, seq);
  return key;
}

Result<uint64_t> SeqOf(Table table, std::string_view key, std::string_view value) {
  if (table == Table::kTree) return LastLeafOf(key, value);
  const bool in_value = table == Table::kPrincipals;
  const std::string_view holder = in_value ? value : key.substr(key.size() < 8 ? 0 : key.size() - 8);
  if (holder.size() < 8)
    return IndexDamage("an index entry of table " + std::to_string(static_cast<int>(table)) + " is cut short");
  return ReadU64(holder);
}

// Loads the totals of the principal's last link. In a sound ledger that is the link `ordinal_before`, which one point
// read finds. A second read, which filters usually answer, shows that there is no later one.
Status IndexBuilder::Load(const std::string& prefix, uint64_t ordinal_before, Totals& totals) const {
  ENVLEDGER_ASSIGN_OR_RETURN(const auto beyond,
                             cold_->Get(Table::kPrincipals, PrincipalKey(prefix, ordinal_before + 1)));
  if (!beyond && ordinal_before == 0) return Ok();
  auto last = ordinal_before;
  std::optional<std::string> value;
  if (!beyond) {
    ENVLEDGER_ASSIGN_OR_RETURN(value, cold_->Get(Table::kPrincipals, PrincipalKey(prefix, ordinal_before)));
  }
  if (!value) {
    const auto at = cold_->NewCursor(Table::kPrincipals, Reach::kTable);
    at->SeekForPrev(PrincipalKey(prefix, UINT64_MAX));
    ENVLEDGER_RETURN_IF_ERROR(at->status());
    if (!at->Valid() || at->key().size() != prefix.size() + 8 || !at->key().starts_with(prefix)) return Ok();
    last = ReadU64(at->key().substr(prefix.size()));
    value = std::string(at->value());
  }
  ENVLEDGER_ASSIGN_OR_RETURN(totals.posting, DecodePosting(*value));
  totals.ordinal = last;
  return Ok();
}

Result<IndexBuilder::Totals*> IndexBuilder::Find(const std::string& prefix, uint64_t ordinal_before) {
  const auto [found, added] = totals_.try_emplace(prefix);
  Totals& totals = found->second;
  if (added) {
    bytes_ += sizeof(*found) + prefix.capacity() + 4 * sizeof(void*);
    if (cold_ != nullptr) ENVLEDGER_RETURN_IF_ERROR(Load(prefix, ordinal_before, totals));
  }
  if (links_ == Links::kContinue && totals.ordinal != ordinal_before) {
    return IndexDamage("the index has a principal's links up to ordinal " + std::to_string(totals.ordinal) +
                       ", but the next one has ordinal " + std::to_string(ordinal_before + 1));
  }
  return &totals;
}

// The keys that the sequencer looks up for long envelopes.
void AppendLongEnvelopeKeys(const PreparedEntry& prepared, std::vector<IndexPut>& out) {
  const EntryHeader& header = prepared.entry.header;
  const TransitionFacts& facts = prepared.facts;
  const auto put = [&](Facet facet, std::string_view value) {
    out.push_back({Table::kFacets, FacetKey(FacetPrefix(facet, value), header.seq), {}});
  };
  put(kFacetBytes, BytesValue(FingerprintOf(prepared.entry.transition), facts.envelope_id));
  if (facts.stage != Stage::kAnnotated) put(kFacetStage, facts.envelope_id);
  if (facts.stage == Stage::kAdmitted || facts.stage == Stage::kGranted) put(kFacetAllow, facts.envelope_id);
  for (size_t i = 0; i < header.principal_links.size() && i < facts.involved.size(); ++i) {
    put(kFacetHolder, HolderValue(DigestOf(PrincipalPrefix(facts.involved[i].principal)), facts.envelope_id));
  }
}

// Very many principals may have the same id: this list has their records in order.
void AppendPrincipalIds(const PreparedEntry& prepared, std::vector<IndexPut>& out) {
  const auto& involved = prepared.facts.involved;
  std::vector<std::string_view> ids;
  for (size_t i = 0; i < prepared.entry.header.principal_links.size() && i < involved.size(); ++i) {
    ids.push_back(involved[i].principal.id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const std::string_view id : ids) {
    out.push_back({Table::kFacets, FacetKey(FacetPrefix(kFacetPrincipal, id), prepared.entry.header.seq), {}});
  }
}

void AppendOwnKeys(const PreparedEntry& prepared, std::vector<IndexPut>& out) {
  const EntryHeader& header = prepared.entry.header;
  if (prepared.entry.event) {
    for (const std::string_view name : {std::string_view(), EventName(*prepared.entry.event)}) {
      out.push_back({Table::kFacets, FacetKey(FacetPrefix(kFacetEvent, name), header.seq), {}});
    }
    return;
  }
  const TransitionFacts& facts = prepared.facts;
  const uint64_t revision = header.envelope_revision.value_or(0);
  out.push_back({Table::kEnvelopes, EnvelopeKey(facts.envelope_id, revision, header.seq), {}});
  if (revision >= kShortEnvelope) AppendLongEnvelopeKeys(prepared, out);
  for (const FacetValue& facet : FacetsOf(prepared.entry.transition)) {
    out.push_back({Table::kFacets, FacetKey(FacetPrefix(facet.facet, facet.value), header.seq), {}});
  }
  AppendPrincipalIds(prepared, out);
  if (!header.recorder.producer.empty()) {
    out.push_back({Table::kFacets, FacetKey(FacetPrefix(Facet::kRecorder, header.recorder.producer), header.seq), {}});
  }
  if (facts.stage == Stage::kRequested) {
    out.push_back({Table::kFacets, FacetKey(FacetPrefix(kFacetOpened, {}), header.seq), {}});
    for (int level = 0; level < kSpanLevels; ++level) {
      const std::string span = SpanKey(level, static_cast<uint64_t>(facts.occurred_at) >> SpanBits(level));
      // When a range of time begins or ends within a shortest span, only the postings tell which records are in it.
      out.push_back({Table::kFacets, FacetKey(FacetPrefix(kFacetOpenedIn, span), header.seq),
                     level == 0 ? U64Key(static_cast<uint64_t>(facts.occurred_at)) : std::string()});
    }
  }
}

Status IndexBuilder::Add(const PreparedEntry& prepared, std::vector<IndexPut>& out) {
  AppendOwnKeys(prepared, out);
  return AddLinks(prepared, out);
}

Status IndexBuilder::AddLinks(const PreparedEntry& prepared, std::vector<IndexPut>& out) {
  if (prepared.entry.event) return Ok();
  const EntryHeader& header = prepared.entry.header;
  const TransitionFacts& facts = prepared.facts;
  // Links are in the order of the principals that newly gain a role. In the first record all principals do; in a later
  // one only a decider can, so the order determines which link belongs to which principal.
  for (size_t i = 0; i < header.principal_links.size(); ++i) {
    const PrincipalLink& link = header.principal_links[i];
    if (i >= facts.involved.size() || link.ordinal == 0) return Corruption("a link belongs to no principal");
    const std::string prefix = PrincipalPrefix(facts.involved[i].principal);
    ENVLEDGER_ASSIGN_OR_RETURN(Totals * totals, Find(prefix, link.ordinal - 1));
    PrincipalPosting& posting = totals->posting;
    posting.first_seen = totals->ordinal == 0 ? facts.occurred_at : std::min(posting.first_seen, facts.occurred_at);
    posting.last_seen = totals->ordinal == 0 ? facts.occurred_at : std::max(posting.last_seen, facts.occurred_at);
    posting.seq = header.seq;
    posting.roles = link.roles;
    for (size_t role = 0; role < posting.by_role.size(); ++role) {
      posting.by_role[role] += link.roles >> role & 1;
    }
    posting.envelopes += link.held == 0 ? 1 : 0;
    totals->ordinal = OrdinalOfLink(link.ordinal, totals->ordinal);
    out.push_back({Table::kPrincipals, PrincipalKey(prefix, totals->ordinal), EncodePosting(posting)});
  }
  return Ok();
}

void IndexBuilder::Trim(size_t keep_bytes) {
  if (cold_ == nullptr || bytes_ <= keep_bytes) return;
  totals_.clear();
  bytes_ = 0;
}

}  // namespace envledger
