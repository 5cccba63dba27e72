// Verification of an exported directory, without the ledger.
#pragma once

#include <string>

#include "ledger/base/status.h"
#include "ledger/chain/verifier.h"
#include "ledger/verify/verify.h"

namespace envledger {

// Verifies the C2SP tlog-tiles directory `directory` (FORMAT.md section 6.2) completely: everything that VerifyStored
// checks about entries, chain and checkpoints; every hash tile and entry bundle of the checkpoint's tree, byte for
// byte; and the partial ones of smaller trees, which must be prefixes of these. Failures name the file, and the entry
// or byte.
//
// A missing file is INCOMPLETE; bundles missing at the end are TRUNCATED; anything below tile/ that is not named like a
// tile is TAMPERED. Tiles beyond the checkpoint's tree, which an interrupted export leaves behind and for which nothing
// vouches, and other files at the top are not failures; the report's checks mention them. kNotFound when the directory
// or its checkpoint is missing; kUnavailable when it cannot be read.
Result<VerifyReport> VerifyTiles(const std::string& directory, const VerifyOptions& options,
                                 const VerifyProgress& progress);

}  // namespace envledger
