// Gathers a report's values from a ledger.
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
  std::vector<KeyValue> filters;                // see ledger/report/filters.h
  TrustPolicy policy = TrustTheLedgerItself();  // for the checkpoint, as in ProofSource
  bool can_sign = false;                        // a daemon answers
  Nanos now = 0;                                // when the report is made
  // The maximum size of the sealed entries in the report. The page is about three times as large, and is built in
  // memory.
  uint64_t max_bytes = 64 << 20;
};

// Asks the ledger which principals the filters name, which envelopes pass, and for a checkpoint and a proof that vouch
// for their entries. Everything is checked here: the checkpoint's signature, and that the entries lead to its root. A
// hole in the answer is not an error: ReportData::complete and problem report it. `progress` (may be empty) receives
// the number of envelopes so far.
//
// kInvalidArgument, naming the filter, as ReadReportFilters; kNotFound for a missing envelope, and when no checkpoint
// covers the entries and none can be signed; kCorruption, saying what, for anything that does not hold;
// kResourceExhausted for more than max_bytes of entries; otherwise the reader's errors. The whole report is in memory.
Result<ReportData> GatherReport(LedgerReader& reader, const ReportRequest& request,
                                const std::function<void(uint64_t envelopes)>& progress);

// Checks that the hashes of the entries, with the nodes, give the root of the checkpoint. kCorruption otherwise.
// REQUIRES: there are entries.
Status CheckEvidence(const ReportData& data, const CheckedTree& tree);

}  // namespace envledger
