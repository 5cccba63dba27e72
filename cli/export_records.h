// `export` of records and envelopes: csv, jsonl, OCSF and CloudEvents.
#pragma once

#include "cli/arguments/options.h"
#include "cli/context.h"

namespace envledger::cli {

// The command, for the form that --format names. Streams: memory holds a page of the answer, whatever its length.
ExitStatus ExportCsv(Context& context, const Options& options);
ExitStatus ExportJsonl(Context& context, const Options& options);
ExitStatus ExportOcsf(Context& context, const Options& options);
ExitStatus ExportCloudEvents(Context& context, const Options& options);

}  // namespace envledger::cli
