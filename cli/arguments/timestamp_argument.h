// The options for RFC 3161 timestamps of checkpoints.
#pragma once

#include <string>

#include "cli/arguments/options.h"
#include "cli/context.h"
#include "ledger/base/status.h"

namespace envledger::cli {

// The options of `checkpoint`: --timestamp-request, --attach-timestamp, and those that go with --attach-timestamp.
OptionSpecs TimestampOptions();
// kInvalidArgument, naming the options, if they cannot be used together.
Status CheckTimestampUsage(const Options& options, const LedgerSource& source);

// The directory for timestamps: --timestamps, else `timestamps` in the data directory, else empty.
std::string TimestampsDirectory(const Options& options, const LedgerSource& source);

}  // namespace envledger::cli
