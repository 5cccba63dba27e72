// The options about RFC 3161 timestamps of checkpoints.
#pragma once

#include <string>

#include "cli/arguments/options.h"
#include "cli/context.h"
#include "ledger/base/status.h"

namespace envledger::cli {

// Of `checkpoint`: --timestamp-request, --attach-timestamp, and what goes with them.
OptionSpecs TimestampOptions();
// kInvalidArgument naming the options that do not go together.
Status CheckTimestampUsage(const Options& options, const LedgerSource& source);

// Where timestamps are kept: --timestamps, else `timestamps` in the data directory, else empty.
std::string TimestampsDirectory(const Options& options, const LedgerSource& source);

}  // namespace envledger::cli
