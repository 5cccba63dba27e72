// The page of a report: one HTML file that loads nothing and runs nothing but its own script.
#pragma once

#include <string>

#include "ledger/report/data.h"

namespace envledger {

// The page that `data` gives: always the same bytes for the same values and the same version of the tool. `stories` is
// StoriesOf(data). kInvalidArgument when the checkpoint is none; kResourceExhausted when a sum leaves 128 bits.
Result<std::string> ReportPage(const ReportData& data, const std::vector<Story>& stories);

}  // namespace envledger
