// The checks of a report file, with nothing but the file and what an auditor has from elsewhere.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/evidence/proof_checker.h"
#include "ledger/report/data.h"

namespace envledger {

struct ReportCheck {
  ReportData data;
  Checkpoint checkpoint;           // without size when the report holds none
  std::vector<std::string> shown;  // what was checked and holds, sentences
};

// kCorruption, saying what and where, for the first thing that does not hold; kInvalidArgument for what is no report,
// or a policy that OpenInFile refuses. The key that the page names must have signed too: around a rotation of the key
// that may be another than the one trusted.
Result<ReportCheck> CheckReport(std::string_view page, const TrustPolicy& policy);

}  // namespace envledger
