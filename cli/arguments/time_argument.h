// A moment as people give it on a command line.
#pragma once

#include <string_view>

#include "ledger/base/status.h"
#include "ledger/base/time.h"

namespace envledger::cli {

// Whether this is a span before now, so that it means another moment each time.
bool IsSpanAgo(std::string_view text);

// An RFC 3339 time; a date, which is its midnight in UTC; or a span before `now`: numbers with the units s, m, h, d, w,
// as in "90m", "7d", "1d12h". kInvalidArgument otherwise, for a moment before 1970, and for a leap second, which has no
// number of its own.
Result<Nanos> ParseTimeArgument(std::string_view text, Nanos now);

// A span of time, as above: "5m". kInvalidArgument otherwise.
Result<Nanos> ParseSpanArgument(std::string_view text);

}  // namespace envledger::cli
