// Proofs printed: as the files that other tools read, and as json and csv.
#pragma once

#include <cstdint>
#include <string>

#include "cli/output/output_style.h"
#include "ledger/protocol/message.h"

namespace envledger::cli {

// In the format table, the file: a C2SP tlog-proof. REQUIRES then: the response has a checkpoint.
std::string InclusionOutput(Format format, uint64_t seq, const InclusionProofResponse& proof);
// In the format table, the file: the body of C2SP add-checkpoint. REQUIRES then: the response has a checkpoint.
std::string ConsistencyOutput(Format format, const ConsistencyProofResponse& proof);

}  // namespace envledger::cli
