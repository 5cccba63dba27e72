// Files that hold their own checkpoint, such as proofs (ledger/chain/tlog_proof.h), checked with nothing but what an
// auditor holds, and no ledger.
//
// Errors: kInvalidArgument, naming the line, for a file that is no such proof, or a policy that is none or that is
// about a ledger's history of keys, which no file holds; kCorruption for what does not hold. Pure functions;
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

// The checkpoint that a file holds, if the policy vouches for it. There is nobody to ask how one tree continues
// another, so kept checkpoints must be of the same size.
Result<CheckedTree> OpenInFile(std::string note, const TrustPolicy& policy);

struct ProvenEntry {
  CheckedTree tree;
  uint64_t seq = 0;
  Hash leaf_hash{};
  EntryView entry;  // borrows the entry's bytes
};
// That `entry`, the exact bytes of an entry, is in the tree of a tlog-proof's checkpoint. Its own number too is that of
// the proof.
Result<ProvenEntry> CheckInclusionFile(std::string_view file, std::string_view entry, const TrustPolicy& policy);

struct ProvenGrowth {
  CheckedTree older;
  CheckedTree newer;
};
// That the tree of the checkpoint in `file`, the body of an add-checkpoint, begins with that of `old_note`, a signed
// checkpoint that was kept. The two may be trusted by different keys, when the ledger's was rotated in between.
Result<ProvenGrowth> CheckConsistencyFile(std::string_view file, std::string_view old_note,
                                          const TrustPolicy& old_policy, const TrustPolicy& policy);

}  // namespace envledger
