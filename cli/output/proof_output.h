// Printing proofs: as files for other tools, and as json and csv.
#pragma once

#include <cstdint>
#include <string>

#include "cli/output/output_style.h"
#include "ledger/protocol/message.h"

namespace envledger::cli {

// For the format table, the contents of a C2SP tlog-proof file; this REQUIRES that the response has a checkpoint.
std::string InclusionOutput(Format format, uint64_t seq, const InclusionProofResponse& proof);
// For the format table, the body of a C2SP add-checkpoint request; this REQUIRES that the response has a checkpoint.
std::string ConsistencyOutput(Format format, const ConsistencyProofResponse& proof);

}  // namespace envledger::cli
