// The page of a report: one HTML file that loads nothing and runs only its own script.
#pragma once

#include <string>

#include "ledger/report/data.h"

namespace envledger {

// Renders `data`. The same values always give the same bytes in the same version of this library. `stories` is
// StoriesOf(data). The whole page is in memory. kInvalidArgument when data.checkpoint is not a checkpoint note;
// kResourceExhausted when a sum does not fit 128 bits. Pure; thread-safe.
Result<std::string> ReportPage(const ReportData& data, const std::vector<Story>& stories);

}  // namespace envledger
