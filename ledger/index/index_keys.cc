#include "ledger/index/index_keys.h"

#include <algorithm>

#include "ledger/base/bytes.h"
#include "ledger/index/tree_index.h"

namespace envledger {
namespace {

constexpr size_t kPostingBytes = 8 + 1 + 8 * kRoleCount + 8 + 8 + 8;

}  // namespace

std::string EnvelopePrefix(std::string_view envelope_id) {
  std::string key;
  key.reserve(envelope_id.size() + 9);
  key.append(envelope_id);
  key.push_back('\0');
  return key;
}

std::string EnvelopeKey(std::string_view envelope_id, uint64_t revision) {
  std::string key = EnvelopePrefix(envelope_id);
  AppendU64(key, revision);
  return key;
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
  if (value.size() != kPostingBytes) return Corruption("a principal's index value has the wrong size");
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
  const std::string_view holder = table == Table::kFacets ? key.substr(key.size() < 8 ? 0 : key.size() - 8) : value;
  if (holder.size() < 8)
    return Corruption("an index entry of table " + std::to_string(static_cast<int>(table)) + " is cut short");
  return ReadU64(holder);
}

Result<IndexBuilder::Totals*> IndexBuilder::Find(const std::string& prefix, uint64_t ordinal_before) {
  const auto [found, added] = totals_.try_emplace(prefix);
  Totals& totals = found->second;
  if (added && ordinal_before > 0 && cold_ != nullptr) {
    ENVLEDGER_ASSIGN_OR_RETURN(const auto value, cold_->Get(Table::kPrincipals, PrincipalKey(prefix, ordinal_before)));
    if (value) {
      ENVLEDGER_ASSIGN_OR_RETURN(totals.posting, DecodePosting(*value));
      totals.ordinal = ordinal_before;
    }
  }
  if (totals.ordinal != ordinal_before) {
    return Corruption("a principal's links jump from ordinal " + std::to_string(totals.ordinal) + " to " +
                      std::to_string(ordinal_before + 1));
  }
  return &totals;
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
  out.push_back(
      {Table::kEnvelopes, EnvelopeKey(facts.envelope_id, header.envelope_revision.value_or(0)), U64Key(header.seq)});
  for (const FacetValue& facet : FacetsOf(prepared.entry.transition)) {
    out.push_back({Table::kFacets, FacetKey(FacetPrefix(facet.facet, facet.value), header.seq), {}});
  }
  if (!header.recorder.producer.empty()) {
    out.push_back({Table::kFacets, FacetKey(FacetPrefix(Facet::kRecorder, header.recorder.producer), header.seq), {}});
  }
  if (facts.stage == Stage::kRequested) {
    out.push_back({Table::kFacets, FacetKey(FacetPrefix(kFacetOpened, {}), header.seq), {}});
    for (int level = 0; level < kSpanLevels; ++level) {
      const std::string span = SpanKey(level, static_cast<uint64_t>(facts.occurred_at) >> SpanBits(level));
      // Where a range of time begins or ends within a shortest span, its postings alone tell which lie in the range.
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
  // Links stand in the order of the principals that newly gain a role. In the first record all do; in a later one only
  // a decider can appear, so the order settles whose link is whose.
  for (size_t i = 0; i < header.principal_links.size(); ++i) {
    const PrincipalLink& link = header.principal_links[i];
    if (i >= facts.involved.size() || link.ordinal == 0) return Corruption("a link of no principal");
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
    totals->ordinal = link.ordinal;
    out.push_back({Table::kPrincipals, PrincipalKey(prefix, link.ordinal), EncodePosting(posting)});
  }
  return Ok();
}

void IndexBuilder::Trim(size_t keep) {
  if (cold_ != nullptr && totals_.size() > keep) totals_.clear();
}

}  // namespace envledger
