// Moments and spans of time given on the command line.
#pragma once

#include <string_view>

#include "ledger/base/status.h"
#include "ledger/base/time.h"

namespace envledger::cli {

// Whether this is a span of time before now, which means a different moment each time.
bool IsSpanAgo(std::string_view text);

// An RFC 3339 time; a date, which means midnight in UTC; or a span before `now`: numbers with the units s, m, h, d, w,
// as in "90m", "7d", "1d12h". kInvalidArgument for any other text, for a moment before 1970, and for a leap second,
// which has no value of its own in the ledger.
Result<Nanos> ParseTimeArgument(std::string_view text, Nanos now);

// A span of time, as above: "5m". kInvalidArgument for any other text.
Result<Nanos> ParseSpanArgument(std::string_view text);

}  // namespace envledger::cli
