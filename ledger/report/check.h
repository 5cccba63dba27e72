// Checks a report file, using only the file and what an auditor got from elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/evidence/proof_checker.h"
#include "ledger/report/data.h"

namespace envledger {

struct ReportCheck {
  ReportData data;
  Checkpoint checkpoint;           // of size 0 when the report has none
  std::vector<std::string> shown;  // sentences: what was checked and holds
};

// kCorruption, saying what and where, for the first thing that does not hold; kInvalidArgument for a file that is not a
// report, or a policy that OpenInFile refuses. The key that the page names must have signed too; around a rotation of
// the key, it may differ from the trusted one.
Result<ReportCheck> CheckReport(std::string_view page, const TrustPolicy& policy);

}  // namespace envledger
