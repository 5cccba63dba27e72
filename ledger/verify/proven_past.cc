// An inclusion proof of the last leaf of a tree consists of left siblings only, from the smallest subtree to the
// largest: in reverse order they are the right edge of the tree without that leaf. So one proof, checked against the
// checkpoint's root, gives the frontier from which hashing continues.
//
// Entries of the past are requested by seq and proven one by one, so nothing here relies on what the reader says. Only
// absence cannot be proven: that an envelope or a principal that looks new has no older record relies on the index.
#include "ledger/verify/proven_past.h"

#include <algorithm>
#include <vector>

#include "ledger/chain/tree.h"
#include "ledger/codec/transition.h"
#include "ledger/protocol/envelope_pages.h"

namespace envledger {
namespace {

std::string NameOf(uint64_t seq) { return "entry " + std::to_string(seq); }

Status Broken(uint64_t seq, const Status& why) { return Corruption(NameOf(seq) + ": " + why.ToString()); }

// Finds this principal's link in a proven entry. Links are in the order of the principals that newly gain a role. In
// the first record of an envelope all principals do; a later one involves at most a decider.
const PrincipalLink* FindLink(const PreparedEntry& prepared, const PrincipalView& principal) {
  const std::vector<PrincipalLink>& links = prepared.entry.header.principal_links;
  const std::vector<Involvement>& involved = prepared.facts.involved;
  for (size_t i = 0; i < links.size() && i < involved.size(); ++i) {
    if (involved[i].principal == principal) return &links[i];
  }
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<PastOf>> PastOf::Open(LedgerReader& reader, const Checkpoint& base) {
  std::unique_ptr<PastOf> past(new PastOf(reader, base));
  ENVLEDGER_ASSIGN_OR_RETURN(const InclusionProofResponse proof, past->Prove(base.size - 1));
  ENVLEDGER_ASSIGN_OR_RETURN(past->frontier_,
                             Frontier::From(base.size - 1, {proof.hashes.rbegin(), proof.hashes.rend()}));
  return past;
}

Result<InclusionProofResponse> PastOf::Prove(uint64_t seq) {
  ENVLEDGER_ASSIGN_OR_RETURN(InclusionProofResponse proof, reader_.InclusionProof({seq, base_.size}));
  ENVLEDGER_RETURN_IF_ERROR(Check(seq, proof).Prepend(NameOf(seq) + ": "));
  ++proven_;
  return proof;
}

Status PastOf::Check(uint64_t seq, const InclusionProofResponse& proof) const {
  return VerifyInclusion(seq, base_.size, LeafHash(proof.entry), proof.hashes, base_.root);
}

Status PastOf::ForEachKeyEvent(const std::function<void(uint64_t, const PreparedEntry&)>& visit) {
  const auto prove = [&](uint64_t seq) -> Status {
    ENVLEDGER_ASSIGN_OR_RETURN(const InclusionProofResponse proof, Prove(seq));
    const PreparedEntry prepared = PrepareEntry(proof.entry);
    if (!prepared.status.ok()) return Broken(seq, prepared.status);
    visit(seq, prepared);
    return Ok();
  };
  if (frontier_.size() == 0) return Ok();
  ENVLEDGER_RETURN_IF_ERROR(prove(0));
  EventsRequest request;
  request.name = "key_rotated";
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const EventsResponse page, reader_.Events(request));
    for (const std::string& bytes : page.entries) {
      ENVLEDGER_ASSIGN_OR_RETURN(const EntryView entry, CheckEntry(bytes));
      const uint64_t seq = entry.header.seq;
      if (seq >= frontier_.size()) return Ok();
      if (seq < request.from_seq) return Corruption("the ledger's events are not in order");
      ENVLEDGER_RETURN_IF_ERROR(prove(seq));
      request.from_seq = seq + 1;
    }
    if (page.entries.empty()) return Ok();
  }
}

Status PastOf::CheckOlder(const Checkpoint& older) {
  if (older.size == 0) return older.root == EmptyRoot() ? Ok() : Corruption("it covers no entry, but has another root");
  ENVLEDGER_ASSIGN_OR_RETURN(const ConsistencyProofResponse proof, reader_.ConsistencyProof({older.size, base_.size}));
  return VerifyConsistency(older.size, older.root, base_.size, base_.root, proof.hashes);
}

Status PastOf::Envelope(std::string_view envelope_id, Followed::Envelope& envelope) {
  ENVLEDGER_ASSIGN_OR_RETURN(EnvelopePages pages, EnvelopePages::Open(reader_, std::string(envelope_id)));
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string* bytes, pages.Next());
    if (bytes == nullptr) break;
    ENVLEDGER_ASSIGN_OR_RETURN(const EntryView claimed, CheckEntry(*bytes));
    const uint64_t seq = claimed.header.seq;
    if (seq >= frontier_.size()) break;
    ENVLEDGER_ASSIGN_OR_RETURN(const InclusionProofResponse proof, Prove(seq));
    const PreparedEntry prepared = PrepareEntry(proof.entry);
    if (!prepared.status.ok()) return Broken(seq, prepared.status);
    if (prepared.entry.event || prepared.facts.envelope_id != envelope_id ||
        prepared.entry.header.envelope_revision != envelope.lifecycle.revisions) {
      return Corruption(NameOf(seq) + " is not revision " + std::to_string(envelope.lifecycle.revisions) +
                        " of the envelope");
    }
    if (const Status legal = CheckMove(envelope.lifecycle, prepared.facts); !legal.ok()) return Broken(seq, legal);
    envelope.Follow(seq, prepared.facts);
  }
  return Ok();
}

Result<PrincipalState> PastOf::Principal(const PrincipalView& principal, const PrincipalLink& link, uint64_t seq) {
  if (link.previous && *link.previous < frontier_.size()) {
    ENVLEDGER_ASSIGN_OR_RETURN(const InclusionProofResponse proof, Prove(*link.previous));
    const PreparedEntry prepared = PrepareEntry(proof.entry);
    if (!prepared.status.ok()) return Broken(*link.previous, prepared.status);
    const PrincipalLink* before = FindLink(prepared, principal);
    if (before == nullptr) return Corruption(NameOf(*link.previous) + " has no link of the principal");
    return PrincipalState{before->ordinal, *link.previous};
  }
  // The link claims to be the principal's first, so it must be the first one that the index knows.
  QueryRequest first;
  first.principal = PrincipalFilter{principal.kind, std::string(principal.issuer), std::string(principal.id), 0};
  first.limit = 1;
  first.in_parts = true;
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(QueryResponse response, reader_.Query(first));
    // What is missing from an answer could be the link.
    if (!response.completeness.complete) {
      return Unavailable("the answer about principal " + std::string(principal.id) +
                         " is incomplete: " + response.completeness.problem);
    }
    for (EnvelopeRecords& envelope : response.envelopes) {
      EnvelopePages pages(reader_, std::move(envelope), response.completeness.tree_size);
      return FirstLink(pages, principal, seq);
    }
    if (response.completeness.next_cursor.empty()) return PrincipalState{};
    first.cursor = response.completeness.next_cursor;
  }
}

Result<PrincipalState> PastOf::FirstLink(EnvelopePages& pages, const PrincipalView& principal, uint64_t seq) {
  for (;;) {
    ENVLEDGER_ASSIGN_OR_RETURN(const std::string* bytes, pages.Next());
    if (bytes == nullptr) break;
    const PreparedEntry prepared = PrepareEntry(*bytes);
    const PrincipalLink* known = prepared.status.ok() ? FindLink(prepared, principal) : nullptr;
    if (known == nullptr || known->ordinal != 1) continue;
    const uint64_t at = prepared.entry.header.seq;
    return at < seq ? PrincipalState{1, at} : PrincipalState{};
  }
  if (pages.completeness().complete) return PrincipalState{};
  return Unavailable("envelope " + pages.envelope_id() + " is incomplete: " + pages.completeness().problem);
}

}  // namespace envledger
