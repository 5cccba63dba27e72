// A report's values, from a ledger.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ledger/evidence/proof_checker.h"
#include "ledger/protocol/filters.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/report/data.h"

namespace envledger {

struct ReportRequest {
  std::string envelope_id;                      // this one only; empty: those of the plan
  QueryPlan plan;                               // with its principal resolved
  TrustPolicy policy = TrustTheLedgerItself();  // of the checkpoint, as ProofSource
  bool can_sign = false;                        // a daemon answers
};

// Fills in the answer, the envelopes and the evidence; the rest of `data` is the caller's. Everything is checked here:
// the checkpoint's signature, and that the entries lead to its root. kNotFound for an envelope that is not there, and
// when no checkpoint covers the entries and none can be signed; kCorruption, saying what, for what does not hold.
Status GatherReport(LedgerReader& reader, const ReportRequest& request,
                    const std::function<void(uint64_t envelopes)>& progress, ReportData& data);

// That the entries, hashed, and the nodes lead to the root of the checkpoint. kCorruption otherwise. REQUIRES: entries.
Status CheckEvidence(const ReportData& data, const CheckedTree& tree);

}  // namespace envledger
