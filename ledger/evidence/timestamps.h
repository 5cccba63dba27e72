// RFC 3161 timestamps of checkpoints, kept in a directory as pairs: the note exactly as it was stamped, and the
// authority's answer. The first pair of a size is `<size>.checkpoint` and `<size>.tsr`. A later one (from another
// authority, or for the same size with more signatures) is `<size>-<8 hex digits of the answer's SHA-256>.tsr`, with a
// `.checkpoint` of the same stem if its note is a different one. A `.tsr` without its own note belongs to
// `<size>.checkpoint`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Reads all certificates of the PEM files `paths` and checks each file. Not ok, with any code, when a file cannot be
// read or has no certificate.
Result<std::string> ReadCertificates(const std::vector<std::string>& paths);

// Stores the pair in `directory` (created if missing) durably, the note first, and overwrites nothing. Returns the path
// of the answer. Storing the same answer again changes nothing. REQUIRES: `note` is a checkpoint of `size`.
Result<std::string> StoreTimestamp(const std::string& directory, uint64_t size, const std::string& note,
                                   const std::string& response);

// Finds the stored checkpoint that belongs to a timestamp with this imprint, a SHA-256. kNotFound when there is none.
Result<std::string> FindStampedNote(LedgerReader& reader, const Hash& imprint);

struct TimestampFindings {
  uint64_t count = 0;                    // number of answers in the directory
  std::vector<CheckpointInput> anchors;  // the notes of the timestamps that hold
  std::vector<VerifyFailure> failures;   // TAMPERED; WRONG_KEY when the certificates are not the authority's
  std::string summary;                   // for the report
};

// Checks every pair in `directory` against the certificates; a missing directory has no pairs. Without certificates,
// the pairs are only counted. Not ok when the directory cannot be read.
Result<TimestampFindings> CheckTimestamps(const std::string& directory, const std::optional<std::string>& ca_pem);

}  // namespace envledger
