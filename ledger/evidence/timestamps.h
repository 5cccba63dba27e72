// RFC 3161 timestamps of checkpoints, kept in a directory as pairs: the note as it was stamped, byte for byte, and the
// authority's answer. `<size>.checkpoint` and `<size>.tsr` are the first of a size; what comes later (of another
// authority, or of the same size with more signatures) is `<size>-<8 hex digits of the answer's SHA-256>.tsr`, with a
// `.checkpoint` of the same stem where the note is another. A `.tsr` without its own note is of `<size>.checkpoint`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// All the certificates of the PEM files `paths`, each file checked. Not ok, whatever the code: one cannot be read or
// holds none.
Result<std::string> ReadCertificates(const std::vector<std::string>& paths);

// Puts the pair into `directory` (made when it is missing), durably, the note first; overwrites nothing. The path of
// the answer. REQUIRES: `note` is a checkpoint of `size`. Storing the same answer again changes nothing.
Result<std::string> StoreTimestamp(const std::string& directory, uint64_t size, const std::string& note,
                                   const std::string& response);

// The stored checkpoint that a timestamp with this imprint, a SHA-256, is of. kNotFound when there is none such.
Result<std::string> FindStampedNote(LedgerReader& reader, const Hash& imprint);

struct TimestampFindings {
  uint64_t count = 0;                    // of answers in the directory
  std::vector<CheckpointInput> anchors;  // the notes of those that hold
  std::vector<VerifyFailure> failures;   // TAMPERED; WRONG_KEY where the certificates are not those of the authority
  std::string summary;                   // for the report
};

// Checks every pair in `directory` against the certificates; a directory that does not exist has none. Without
// certificates they are only counted. Not ok: the directory cannot be read.
Result<TimestampFindings> CheckTimestamps(const std::string& directory, const std::optional<std::string>& ca_pem);

}  // namespace envledger
