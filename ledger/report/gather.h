// A report's values, asked of a ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ledger/evidence/proof_checker.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/report/data.h"

namespace envledger {

struct ReportRequest {
  std::vector<KeyValue> filters;                // as ledger/report/filters.h has them
  TrustPolicy policy = TrustTheLedgerItself();  // of the checkpoint, as ProofSource
  bool can_sign = false;                        // a daemon answers
  Nanos now = 0;                                // when the report is made
  // Of sealed entries, the most that the report embeds. A page has some three times of that, and is made in memory.
  uint64_t max_bytes = 64 << 20;
};

// Asks the ledger whom the filters name, which envelopes pass, and for a checkpoint and the proof that vouch for their
// entries. Everything is checked here: the checkpoint's signature, and that the entries lead to its root. A hole in the
// answer is no error: ReportData::complete and problem say so. `progress` (may be empty) hears how many envelopes there
// are so far.
//
// kInvalidArgument, naming the filter, as ReadReportFilters; kNotFound for an envelope that is not there, and when no
// checkpoint covers the entries and none can be signed; kCorruption, saying what, for what does not hold;
// kResourceExhausted for more than max_bytes of entries; all else as the reader gives it. All of the report is in
// memory.
Result<ReportData> GatherReport(LedgerReader& reader, const ReportRequest& request,
                                const std::function<void(uint64_t envelopes)>& progress);

// That the entries, hashed, and the nodes lead to the root of the checkpoint. kCorruption otherwise. REQUIRES: entries.
Status CheckEvidence(const ReportData& data, const CheckedTree& tree);

}  // namespace envledger
