// A ledger in memory for the tool's tests: sealed entries made by hand, answered in pages.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/context.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"
#include "ledger/codec/entry.h"
#include "ledger/codec/model.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger::cli {

// 2026-03-17T09:20:00Z.
inline constexpr Nanos kMorning = 1773739200 * kSecond;

Principal User(const std::string& id, const std::string& issuer = "https://id.example.com");
Resource Amount(const std::string& name, const std::string& quantity);

// Transitions of an envelope that asks for gpu 8 and memory 64Gi to deploy a model.
Transition Requested(const std::string& envelope_id, const Principal& requester, Nanos at = kMorning);
Transition GrantedGpus(const std::string& envelope_id, const std::string& gpus, Nanos at = kMorning + 2 * kSecond);
Transition Completed(const std::string& envelope_id, Nanos at = kMorning + 90 * kSecond);

class FakeLedger : public LedgerReader {
 public:
  static constexpr const char* kOrigin = "ledger.example";

  // Seals a transition; its envelope's revision is counted up.
  void Append(const Transition& transition);
  // Signs a checkpoint over all entries, with the key below.
  void Sign();
  static SigningKey signing_key(char seed = 1);
  static VerifierKey key(char seed = 1);
  // A checkpoint of the first `size` entries, which is not kept.
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

  // What Query gives, in order; a test may damage it.
  std::vector<EnvelopeRecords> envelopes;
  std::vector<PrincipalSummary> principals;
  std::vector<std::string> checkpoints;
  std::vector<std::string> log;  // every entry, by seq
  // What a lying ledger does to its answers.
  std::function<void(QueryResponse&)> spoil_query;
  std::function<void(InclusionProofResponse&)> spoil_inclusion;
  std::function<void(ConsistencyProofResponse&)> spoil_consistency;
  int signed_when_asked = 0;
  bool true_root = false;              // answers state the root of the log, not a made-up one
  std::string genesis;                 // entry 0
  std::vector<std::string> rotations;  // entries that are key_rotated, ascending
  StatusResponse status;
  size_t page = 2;                    // envelopes in one answer
  std::vector<QueryRequest> queries;  // as they came
  bool scans = false;                 // it says so when it is asked to scan
  std::function<void(const QueryRequest&)> on_query;

 private:
  Completeness CompletenessNow() const;
  SubtreeReader Subtrees() const;
  std::string StoredNote(uint64_t size) const;
};

// Three envelopes: one narrowed and done, one open, one by a deceiver of terminals.
void FillDay(FakeLedger& ledger);

// The outside world of a command run, all of it in memory.
struct World {
  World();
  // Runs a command line and returns its exit status as a number.
  int Run(const std::vector<std::string>& words);

  std::ostringstream out;
  std::ostringstream err;
  std::map<std::string, std::string> variables;
  std::shared_ptr<FakeLedger> ledger = std::make_shared<FakeLedger>();
  LedgerSource opened;  // the last that was asked for
  Status open_status;
  Context context{.out = out, .err = err};
};

}  // namespace envledger::cli
