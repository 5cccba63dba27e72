// An exported directory as a ledger to read: what needs no index can be asked of it.
#pragma once

#include <memory>
#include <string>

#include "ledger/base/status.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Opens the C2SP tlog-tiles directory `directory` at its checkpoint, whose signature is not checked here (VerifyTiles
// does). Entries and Checkpoints answer from the files as they are. FindEnvelope reads every entry, and answers only
// when they give the root of the checkpoint: kCorruption otherwise. Everything else needs an index or the daemon, and
// is kInvalidArgument. kNotFound when there is no export.
Result<std::unique_ptr<LedgerReader>> OpenTiles(const std::string& directory);

}  // namespace envledger
