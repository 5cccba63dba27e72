// Proofs as files that anybody can check: that an entry is in the ledger (c2sp.org/tlog-proof), and that the ledger
// only grew (the body of add-checkpoint in c2sp.org/tlog-witness). Both are lines of text that end in a checkpoint, the
// unchanged signed note (chain/note.h).
//
// Whether a proof holds, and for which keys, is decided in ledger/evidence (proof_file.h). Reading is strict, so that a
// proof has only one spelling: decimals without leading zeros, canonical base64, hashes of 32 bytes, LF line ends.
// Errors name the line. Pure functions; thread-safe.
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

// Proves that the checkpoint's tree has a given leaf at `index`.
struct TlogProof {
  std::optional<std::string> extra;  // opaque bytes that nothing vouches for; never empty
  uint64_t index = 0;
  Proof hashes;            // RFC 6962 section 2.1.1, from the leaf's sibling upwards
  std::string checkpoint;  // a signed note, byte for byte; Format and Parse do not look into it
  bool operator==(const TlogProof&) const = default;
};

// Proves that the checkpoint's tree begins with the `old_size` leaves of another tree.
struct AddCheckpoint {
  uint64_t old_size = 0;
  Proof hashes;            // RFC 6962 section 2.1.2; empty when old_size is 0
  std::string checkpoint;  // as above
  bool operator==(const AddCheckpoint&) const = default;
};

// REQUIRES: no more hashes than the limits above, extra of 1 to kMaxTlogProofExtra bytes.
std::string FormatTlogProof(const TlogProof& proof);
std::string FormatAddCheckpoint(const AddCheckpoint& body);

// kInvalidArgument with the line otherwise.
Result<TlogProof> ParseTlogProof(std::string_view bytes);
Result<AddCheckpoint> ParseAddCheckpoint(std::string_view bytes);

// Whether `bytes` begin as a tlog-proof, as the body of add-checkpoint, or as neither.
enum class ProofKind { kInclusion, kConsistency, kUnknown };
ProofKind ProofKindOf(std::string_view bytes);

}  // namespace envledger
