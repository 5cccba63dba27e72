// Verification of an exported directory, without the ledger.
#pragma once

#include <string>

#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/verify/verify.h"

namespace envledger {

// Verifies the C2SP tlog-tiles directory `directory` (FORMAT.md section 6.2) completely: all that VerifyStored checks
// of entries, chain and checkpoints, and of the files every hash tile and entry bundle of the checkpoint's tree byte
// for byte, and partial ones of smaller trees as far as they reach. Failures name the file, and the entry or byte.
//
// A missing file is INCOMPLETE, bundles missing at the end are TRUNCATED, what else stands below tile/ without the name
// of a tile is TAMPERED. Tiles beyond the checkpoint's tree, which nothing vouches for and which an export that was
// interrupted leaves behind, and files at the top are not failures; the report's checks tell of them. kNotFound when
// the directory or its checkpoint is missing, kUnavailable when it cannot be read.
Result<VerifyReport> VerifyTiles(const std::string& directory, const VerifyOptions& options,
                                 const VerifyProgress& progress);

}  // namespace envledger
