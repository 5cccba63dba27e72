// `checkpoint --timestamp-request` and `checkpoint --attach-timestamp`: a third party's word that a checkpoint existed
// at some time (RFC 3161).
#pragma once

#include "cli/arguments/options.h"
#include "cli/context.h"
#include "ledger/evidence/proof_source.h"

namespace envledger::cli {

OptionSpecs TimestampOptions();
// kInvalidArgument naming the options that do not go together.
Status CheckTimestampUsage(const Options& options, const LedgerSource& source);

// Writes the query for this checkpoint to the file that --timestamp-request names, and the note beside it.
ExitStatus RequestTimestamp(Context& context, const Options& options, const SignedNoteOf& checkpoint);
// Stores the answer that --attach-timestamp names with its checkpoint.
ExitStatus AttachTimestamp(Context& context, const Options& options, const LedgerSource& source);

}  // namespace envledger::cli
