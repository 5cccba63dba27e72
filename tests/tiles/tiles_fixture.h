// A ledger in memory behind a reader, and exports of it, for the tests of exporting and of verifying exports.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ledger/protocol/ledger_reader.h"
#include "ledger/tiles/export_tiles.h"
#include "ledger/tiles/verify_tiles.h"
#include "tests/support/chain_builder.h"
#include "tests/support/temp_dir.h"

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

  Result<EntriesResponse> Entries(const EntriesRequest& request) override;
  Result<CheckpointsResponse> Checkpoints(const CheckpointsRequest& request) override;
  Result<EventsResponse> Events(const EventsRequest& request) override;
  Result<StatusResponse> Status(const StatusRequest&) override { return Internal("not asked for"); }
  Result<QueryResponse> Query(const QueryRequest&) override { return Internal("not asked for"); }
  Result<EnvelopeResponse> FindEnvelope(const EnvelopeRequest&) override { return Internal("not asked for"); }
  Result<PrincipalsResponse> Principals(const PrincipalsRequest&) override { return Internal("not asked for"); }
  Result<InclusionProofResponse> InclusionProof(const InclusionProofRequest&) override {
    return Internal("not asked for");
  }
  Result<ConsistencyProofResponse> ConsistencyProof(const ConsistencyProofRequest&) override {
    return Internal("not asked for");
  }
};

// The entries of a ledger with a genesis and stories of envelopes, `size` in all; a longer one begins with a shorter.
std::vector<std::string> SealedStories(uint64_t size);

// A genesis by TestKey(1), a rotation to TestKey(2), and a story. The rotation is signed by TestKey(signer) as the old
// key, and by TestKey(accepter) as the new one.
std::vector<std::string> SealedWithRotation(char signer = 1, char accepter = 2);

// Writes what an exporter that checks nothing would.
void PlaceExport(const std::string& directory, const std::vector<std::string>& entries, const std::string& note);

// Name below the directory -> contents, of the export's own files.
std::map<std::string, std::string> FilesOf(const std::string& directory);
void WriteFileAt(const std::string& path, const std::string& contents);

// Exports with the test's key.
Result<TileExportReport> ExportTo(MemoryLedger& ledger, const std::string& directory,
                                  const std::function<envledger::Status()>& before_change = {});
// Options with this key and no more.
VerifyOptions Trusting(const VerifierKey& key);
// Verifies with one thread.
VerifyReport VerifyExport(const std::string& directory, VerifyOptions options = Trusting(TestVerifierKey()));
// All messages, a line each, after the verdict.
std::string TextOf(const VerifyReport& report);

}  // namespace envledger
