// Checks files that hold their own checkpoint, such as proofs (ledger/chain/tlog_proof.h), using only what an auditor
// has and no ledger.
//
// Errors: kInvalidArgument, naming the line, for a file that is not such a proof, and for a policy that is invalid or
// needs a ledger's key history, which no file holds; kCorruption for evidence that does not hold. Pure functions;
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/codec/entry.h"
#include "ledger/evidence/proof_checker.h"

namespace envledger {

// Opens the checkpoint in a file. The policy must vouch for it. There is no ledger to ask how one tree extends another,
// so kept checkpoints must have the same size.
Result<CheckedTree> OpenInFile(std::string note, const TrustPolicy& policy);

struct ProvenEntry {
  CheckedTree tree;
  uint64_t seq = 0;
  Hash leaf_hash{};
  EntryView entry;  // borrows the entry's bytes
};
// Checks that `entry`, the exact bytes of an entry, is in the tree of a tlog-proof's checkpoint, and that the entry
// states the seq in the proof.
Result<ProvenEntry> CheckInclusionFile(std::string_view file, std::string_view entry, const TrustPolicy& policy);

struct ProvenGrowth {
  CheckedTree older;
  CheckedTree newer;
};
// Checks that the tree of the checkpoint in `file`, the body of an add-checkpoint request, begins with the tree of
// `old_note`, a signed checkpoint that was kept. The two may be trusted by different keys, when the ledger's key was
// rotated in between.
Result<ProvenGrowth> CheckConsistencyFile(std::string_view file, std::string_view old_note,
                                          const TrustPolicy& old_policy, const TrustPolicy& policy);

}  // namespace envledger
