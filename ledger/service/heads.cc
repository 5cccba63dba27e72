#include "ledger/service/heads.h"

#include "ledger/chain/verifier.h"
#include "ledger/index/index_keys.h"

namespace envledger {

uint64_t FingerprintOf(std::string_view transition) { return std::hash<std::string_view>{}(transition); }

Status LoadEnvelopeHead(const IndexReader& index, const LogDb& log, std::string_view envelope_id, EnvelopeHead& head) {
  // Most look-ups are for an envelope that begins now: one filtered point read says so.
  ENVLEDGER_ASSIGN_OR_RETURN(const auto first, index.Get(Table::kEnvelopes, EnvelopeKey(envelope_id, 0)));
  if (!first) return Ok();
  const std::string prefix = EnvelopePrefix(envelope_id);
  const auto at = index.NewCursor(Table::kEnvelopes, Reach::kPrefix);
  for (at->Seek(prefix); at->Valid() && at->key().substr(0, prefix.size()) == prefix; at->Next()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const uint64_t seq, SeqOf(Table::kEnvelopes, at->key(), at->value()));
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string bytes, log.Read(seq));
    const PreparedEntry prepared = PrepareEntry(bytes);
    const EntryHeader& header = prepared.entry.header;
    if (!prepared.status.ok() || prepared.facts.envelope_id != envelope_id ||
        header.envelope_revision != head.state.revisions) {
      return Corruption("the index gives entry " + std::to_string(seq) + " for revision " +
                        std::to_string(head.state.revisions) + " of envelope " + std::string(envelope_id) +
                        ", which it is not");
    }
    head.marks.push_back({FingerprintOf(prepared.entry.transition),
                          {seq, prepared.leaf_hash, head.state.revisions, header.recorded_at, false}});
    head.state = Advance(head.state, prepared.facts);
    head.last_seq = seq;
    for (const Involvement& involved : prepared.facts.involved) head.roles.Add(involved.principal, involved.roles);
  }
  ENVLEDGER_RETURN_IF_ERROR(at->status());
  if (head.state.revisions > 0) return Ok();
  // What is decided here is sealed for ever: two reads of an index that disagree are no basis for it.
  return Corruption("the index gives the first record of envelope " + std::string(envelope_id) +
                    " to one read and not to another");
}

Status LoadPrincipalHead(const IndexReader& index, std::string_view prefix, PrincipalHead& head) {
  const auto at = index.NewCursor(Table::kPrincipals, Reach::kTable);
  at->SeekForPrev(PrincipalKey(prefix, UINT64_MAX));
  ENVLEDGER_RETURN_IF_ERROR(at->status());
  if (!at->Valid() || at->key().substr(0, prefix.size()) != prefix) return Ok();
  ENVLEDGER_ASSIGN_OR_RETURN(const PrincipalPosting posting, DecodePosting(at->value()));
  head.ordinal = ReadU64(at->key().substr(prefix.size()));
  head.last_seq = posting.seq;
  return Ok();
}

}  // namespace envledger
