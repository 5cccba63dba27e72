// Sealed entries behind a reader.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/chain/tree.h"
#include "ledger/protocol/ledger_reader.h"
#include "tests/support/chain_builder.h"

namespace envledger {

// Serves entries and one checkpoint, in small pages; all a test's to damage.
class MemoryLedger : public LedgerReader {
 public:
  // A genesis and short stories, together `size` entries, with a checkpoint over all of them.
  explicit MemoryLedger(uint64_t size);
  explicit MemoryLedger(std::vector<std::string> sealed);
  // As above, reaching further or less far, with a checkpoint there.
  void Reach(uint64_t size);
  void SignAll(char seed = 1) { note = SignedNote(entries, seed); }

  std::vector<std::string> entries;
  std::string note;  // empty: none was signed
  size_t entries_read = 0;
  size_t records_at_once = SIZE_MAX;   // of an envelope, in one answer
  std::vector<EnvelopeRequest> asked;  // FindEnvelope

  Result<EntriesResponse> Entries(const EntriesRequest& request) override;
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override;
  Result<EventsResponse> Events(const EventsRequest& request) override;
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override;
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override;
  // By scanning the entries, in pages where the request has a revision.
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override;
  Result<StatusResponse> Status(const StatusRequest&) override { return Internal("not asked for"); }
  Result<QueryResponse> Query(const QueryRequest&) override { return Internal("not asked for"); }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest&) override { return Internal("not asked for"); }
};

// The tree of the first entries, for proofs.
SubtreeReader SubtreesOf(const std::vector<std::string>& entries);

// The entries of a ledger with a genesis and stories of envelopes, `size` in all; a longer one begins with a shorter.
std::vector<std::string> SealedStories(uint64_t size);

// A genesis by TestKey(1), a rotation to TestKey(2), and a story. The rotation is signed by TestKey(signer) as the old
// key, and by TestKey(accepter) as the new one.
std::vector<std::string> SealedWithRotation(char signer = 1, char accepter = 2);

}  // namespace envledger
