// A ledger, and the envelopes of it that a command line means: what the commands share that take the filters of
// `query`.
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
  QueryPlan plan;  // its principal is resolved; its limit is 0: all
  std::unique_ptr<LedgerReader> reader;
  NameBook names;  // knows the principals that were asked for
};

// The filters of `query`, without what pages an answer (--limit, --cursor, --order), with where the ledger is and how
// to print.
OptionSpecs FilteredOptions();

// Reads those options and opens the ledger. Nothing when it cannot: it has complained, and `why` is the exit status.
std::optional<Filtered> OpenFiltered(Context& context, const Options& options, ExitStatus& why);

}  // namespace envledger::cli
