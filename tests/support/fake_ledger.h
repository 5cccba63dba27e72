// A ledger in memory: sealed entries made by hand, returned in pages. A test can make its answers lie.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/model.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

class FakeLedger : public LedgerReader {
 public:
  static constexpr const char* kOrigin = "ledger.example";

  // Seals a transition with the next revision of its envelope.
  void Append(const Transition& transition);
  // Signs and keeps a checkpoint over all entries, with the key below.
  void Sign();
  static SigningKey signing_key(char seed = 1);
  static VerifierKey key(char seed = 1);
  // A checkpoint over the first `size` entries, which is not kept.
  std::string NoteOver(uint64_t size, char seed = 1) const;

  Result<QueryResponse> Query(const QueryRequest& request) override;
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest& request) override;
  Result<PrincipalsResponse> Principals(const PrincipalsRequest& request) override;
  Result<EntriesResponse> Entries(const EntriesRequest& request) override;
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override;
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest& request) override;
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest& request) override;
  Result<EventsResponse> Events(const EventsRequest& request) override;
  Result<StatusResponse> Status(const StatusRequest& request) override;

  // The answers of Query, in order; a test may damage them.
  std::vector<EnvelopeRecords> envelopes;
  std::vector<PrincipalSummary> principals;
  std::vector<std::string> checkpoints;
  std::vector<std::string> log;  // every entry, by seq
  // If set, these falsify an answer before it is returned.
  std::function<void(QueryResponse&)> spoil_query;
  std::function<void(InclusionProofResponse&)> spoil_inclusion;
  std::function<void(ConsistencyProofResponse&)> spoil_consistency;
  std::function<void(EventsResponse&)> spoil_events;
  int signed_when_asked = 0;
  bool true_root = false;              // whether answers state the real root of the log instead of an invented one
  std::string genesis;                 // entry 0
  std::vector<std::string> rotations;  // entries that are key_rotated, ascending
  StatusResponse status;
  size_t page = 2;                    // envelopes in one answer
  std::vector<QueryRequest> queries;  // all requests, in order
  bool scans = false;                 // whether it performs a scan when asked to
  std::function<void(const QueryRequest&)> on_query;

 private:
  Completeness CompletenessNow() const;
  SubtreeReader Subtrees() const;
  std::string StoredNote(uint64_t size) const;
};

// A reader for code that must own one; the test keeps the ledger.
std::unique_ptr<LedgerReader> Lend(std::shared_ptr<LedgerReader> ledger);

}  // namespace envledger
