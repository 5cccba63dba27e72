// The checks of a report file, with nothing but the file and a key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ledger/report/data.h"

namespace envledger {

struct ReportCheck {
  ReportData data;
  Checkpoint checkpoint;           // without size when the report holds none
  std::vector<std::string> shown;  // what was checked and holds, sentences
};

// kCorruption, saying what and where, for the first thing that does not hold; kInvalidArgument for what is no report.
Result<ReportCheck> CheckReport(std::string_view page, const VerifierKey& key);

}  // namespace envledger
