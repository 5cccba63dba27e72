// Verification of what is newer than a checkpoint kept elsewhere. Private to this room.
#pragma once

#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/verify/pipeline.h"
#include "ledger/verify/verify.h"

namespace envledger {

// Nothing, and `why`, when the ledger does not begin with what the anchors vouch for, or is shorter.
Result<std::optional<VerifyReport>> VerifySince(LedgerReader& reader, const VerifyOptions& options,
                                                const VerifyProgress& progress, std::string& why);

// Pushes the entries from <= seq < until as the reader serves them. What the ledger itself cannot read is a failure.
Status PushServed(PreparePipeline& pipeline, LedgerReader& reader, uint64_t from, uint64_t until,
                  std::vector<VerifyFailure>& failures);
// Appends the checkpoints of from_size <= size <= until that the reader serves.
Status ReadServedCheckpoints(LedgerReader& reader, uint64_t from_size, uint64_t until,
                             std::vector<CheckpointInput>& checkpoints);

unsigned ThreadsOf(const VerifyOptions& options);
// Spreads tasks over so many threads of its own.
ParallelFor OnThreads(unsigned threads);
inline constexpr uint64_t kProgressEvery = 4096;
inline constexpr uint32_t kCheckpointPage = 512;

}  // namespace envledger
