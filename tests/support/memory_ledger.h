// A reader of sealed entries in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ledger/chain/tree.h"
#include "ledger/protocol/ledger_reader.h"
#include "tests/support/chain_builder.h"

namespace envledger {

// Serves entries and one checkpoint, in small pages. A test may damage all of them.
class MemoryLedger : public LedgerReader {
 public:
  // A genesis and short stories, `size` entries in all, with a checkpoint over all of them.
  explicit MemoryLedger(uint64_t size);
  explicit MemoryLedger(std::vector<std::string> sealed);
  // Changes the ledger to `size` entries, with a checkpoint over all of them.
  void Reach(uint64_t size);
  void SignAll(char seed = 1) { note = SignedNote(entries, seed); }

  std::vector<std::string> entries;
  std::string note;  // empty if none was signed
  size_t entries_read = 0;
  size_t records_at_once = SIZE_MAX;   // records of an envelope in one answer
  std::vector<EnvelopeRequest> asked;  // the requests to FindEnvelope

  Result<EntriesResponse> Entries(const EntriesRequest& request) override;
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override;
  Result<EventsResponse> Events(const EventsRequest& request) override;
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override;
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override;
  // Scans the entries; answers in pages if the request has a revision.
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override;
  Result<StatusResponse> Status(const StatusRequest&) override { return Internal("not asked for"); }
  Result<QueryResponse> Query(const QueryRequest&) override { return Internal("not asked for"); }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest&) override { return Internal("not asked for"); }
};

// The tree of the entries, for proofs.
SubtreeReader SubtreesOf(const std::vector<std::string>& entries);

// The entries of a ledger with a genesis and stories of envelopes, `size` in all. A longer ledger begins with the
// entries of a shorter one.
std::vector<std::string> SealedStories(uint64_t size);

// A genesis with TestKey(1), a rotation to TestKey(2), and a story. TestKey(signer) signs the rotation in place of the
// old key, TestKey(accepter) in place of the new one.
std::vector<std::string> SealedWithRotation(char signer = 1, char accepter = 2);

}  // namespace envledger
