// A ledger and a selection of its envelopes, for the commands that take the filters of `query`.
#pragma once

#include <memory>
#include <optional>

#include "cli/arguments/options.h"
#include "cli/arguments/query_request.h"
#include "cli/context.h"
#include "cli/output/output_style.h"
#include "ledger/protocol/ledger_reader.h"
#include "ledger/text/words.h"

namespace envledger::cli {

struct Filtered {
  OutputStyle style;
  QueryPlan plan;  // the principal is resolved, and the limit is 0 (all)
  std::unique_ptr<LedgerReader> reader;
  NameBook names;  // contains the principals of the query
};

// The filters of `query` without the options for pages (--limit, --cursor, --order), and the source and output options.
OptionSpecs FilteredOptions();

// Reads these options and opens the ledger. On failure prints the reason, sets `why` to the exit status, and returns
// nothing.
std::optional<Filtered> OpenFiltered(Context& context, const Options& options, ExitStatus& why);

}  // namespace envledger::cli
