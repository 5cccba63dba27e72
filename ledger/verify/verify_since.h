// Verification of what is newer than a checkpoint kept elsewhere. Private to this room.
#pragma once

#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/verify/pipeline.h"
#include "ledger/verify/verify.h"

namespace envledger {

// nullopt, and `why`, when the ledger does not begin with what the anchors vouch for, or is shorter.
Result<std::optional<VerifyReport>> VerifySince(LedgerReader& reader, const VerifyOptions& options,
                                                const VerifyProgress& progress, std::string& why);

// Pushes the entries from <= seq < until as the reader serves them. An entry that the ledger itself cannot read is
// added to `failures`.
Status PushServed(PreparePipeline& pipeline, LedgerReader& reader, uint64_t from, uint64_t until,
                  std::vector<VerifyFailure>& failures);

// The checkpoints of from_size <= size <= until that the reader serves. `reader` must outlive it.
class ServedCheckpoints : public CheckpointSource {
 public:
  ServedCheckpoints(LedgerReader& reader, uint64_t from_size, uint64_t until)
      : reader_(reader), from_size_(from_size), until_(until) {}
  Result<std::optional<CheckpointInput>> Next() override;

 private:
  LedgerReader& reader_;
  uint64_t from_size_;  // the least size not yet read
  const uint64_t until_;
  std::vector<std::string> page_;
  size_t next_ = 0;  // in the page
};

unsigned ThreadsOf(const VerifyOptions& options);
// Runs tasks on this number of its own threads.
ParallelFor OnThreads(unsigned threads);
inline constexpr uint64_t kProgressEvery = 4096;
inline constexpr uint32_t kCheckpointPage = 512;

}  // namespace envledger
