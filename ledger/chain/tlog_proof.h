// Proofs as files, for anybody to check: that an entry is in the ledger (c2sp.org/tlog-proof), and that the ledger only
// grew (the body of add-checkpoint in c2sp.org/tlog-witness). Both are lines of text that end in a checkpoint, the
// signed note as it is (chain/note.h).
//
// Reading is strict, so that a proof has one spelling: decimals without leading zeros, canonical base64, hashes of 32
// bytes, newlines alone. Complaints name the line. Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ledger/base/bytes.h"
#include "ledger/base/status.h"
#include "ledger/chain/note.h"
#include "ledger/chain/tree.h"

namespace envledger {

inline constexpr size_t kMaxTlogProofHashes = 64;      // an inclusion proof in a tree of fewer than 2^64 leaves
inline constexpr size_t kMaxAddCheckpointHashes = 63;  // as tlog-witness says
inline constexpr size_t kMaxTlogProofExtra = 65536;    // bytes; this project's own limit
// More than any of these files can have.
inline constexpr size_t kMaxProofFileBytes = kMaxNoteBytes + 2 * kMaxTlogProofExtra + 8192;

// That the checkpoint's tree has a given leaf at `index`.
struct TlogProof {
  std::optional<std::string> extra;  // opaque bytes that nothing vouches for; never empty
  uint64_t index = 0;
  Proof hashes;            // RFC 6962 section 2.1.1, from the leaf's sibling upwards
  std::string checkpoint;  // a signed note, byte for byte; not looked into by Format and Parse
  bool operator==(const TlogProof&) const = default;
};

// That the checkpoint's tree begins with the `old_size` leaves of another.
struct AddCheckpoint {
  uint64_t old_size = 0;
  Proof hashes;            // RFC 6962 section 2.1.2; empty when old_size is 0
  std::string checkpoint;  // as above
  bool operator==(const AddCheckpoint&) const = default;
};

// REQUIRES: at most as many hashes as above, extra of 1 to kMaxTlogProofExtra bytes.
std::string FormatTlogProof(const TlogProof& proof);
std::string FormatAddCheckpoint(const AddCheckpoint& body);

// kInvalidArgument with the line otherwise.
Result<TlogProof> ParseTlogProof(std::string_view bytes);
Result<AddCheckpoint> ParseAddCheckpoint(std::string_view bytes);

// Whether `bytes` begin as a tlog-proof, as the body of add-checkpoint, or as neither.
enum class ProofKind { kInclusion, kConsistency, kUnknown };
ProofKind ProofKindOf(std::string_view bytes);

// The checkpoint that the proof leads to, when its signature by `key` and the way from `leaf_hash` to its root hold.
// kNotFound when the checkpoint is not signed by `key`; kInvalidArgument when it is malformed or of another origin than
// the key's name; kCorruption when anything does not hold (a signature, index or hash).
Result<Checkpoint> VerifyTlogProof(const TlogProof& proof, const Hash& leaf_hash, const VerifierKey& key);

struct ConsistentCheckpoints {
  Checkpoint older;
  Checkpoint newer;
};
// The two checkpoints, when both signatures hold and the proof leads from one root to the other. `old_note` is the
// checkpoint that was kept, signed by `old_key` (another than `key` when the ledger's key was rotated in between).
// Errors as above, with "the old checkpoint: " before what is about that; kCorruption when the proof is from another
// size than that of the old checkpoint.
Result<ConsistentCheckpoints> VerifyAddCheckpoint(const AddCheckpoint& body, std::string_view old_note,
                                                  const VerifierKey& old_key, const VerifierKey& key);

}  // namespace envledger
