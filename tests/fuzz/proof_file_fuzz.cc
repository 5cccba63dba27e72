// Proof files: each has one spelling, and holds only for the entry and the key that it is about.
#include "ledger/chain/tlog_proof.h"
#include "ledger/evidence/proof_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/memory_ledger.h"

namespace envledger {
namespace {

// The ledger that the files are checked against.
struct World {
  std::vector<std::string> entries = SealedStories(5);
  std::string old_note = SignedNote(SealedStories(3));
  TrustPolicy policy = TrustKey(TestVerifierKey());
};
const World& TheWorld() {
  static const World world;
  return world;
}

void CheckInclusion(std::string_view file) {
  const Result<TlogProof> proof = ParseTlogProof(file);
  bool holds = false;
  for (const std::string& entry : TheWorld().entries) {
    const Result<ProvenEntry> proven = CheckInclusionFile(file, entry, TheWorld().policy);
    fuzz::Require(!proven.ok() || !holds, "a proof is of one entry");
    holds = holds || proven.ok();
    fuzz::Require(!proven.ok() || TheWorld().entries[proven->seq] == entry, "it is the entry of that number");
  }
  fuzz::Require(proof.ok() || !holds, "what cannot be read does not hold");
  if (!proof.ok()) return;
  fuzz::Require(ProofKindOf(file) == ProofKind::kInclusion, "its first line tells its kind");
  fuzz::Require(FormatTlogProof(*proof) == file, "a proof has one spelling");
}

void CheckGrowth(std::string_view file) {
  const Result<AddCheckpoint> body = ParseAddCheckpoint(file);
  const World& world = TheWorld();
  const Result<ProvenGrowth> proven = CheckConsistencyFile(file, world.old_note, world.policy, world.policy);
  if (!body.ok()) {
    fuzz::Require(!proven.ok(), "what cannot be read does not hold");
    return;
  }
  fuzz::Require(ProofKindOf(file) == ProofKind::kConsistency, "its first line tells its kind");
  fuzz::Require(FormatAddCheckpoint(*body) == file, "a body has one spelling");
  fuzz::Require(!proven.ok() || proven->newer.checkpoint().size >= 3, "a ledger only grows");
}

}  // namespace
}  // namespace envledger

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  envledger::CheckInclusion(envledger::fuzz::View(data, size));
  envledger::CheckGrowth(envledger::fuzz::View(data, size));
  return 0;
}
