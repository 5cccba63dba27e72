// Reads an exported directory as a ledger; supports everything that needs no index.
#pragma once

#include <memory>
#include <string>

#include "ledger/base/status.h"
#include "ledger/protocol/ledger_reader.h"

namespace envledger {

// Opens the C2SP tlog-tiles directory `directory` at its checkpoint. The signature is not checked here (VerifyTiles
// does). Entries and Checkpoints answer from the files unchecked. FindEnvelope reads every entry, and answers only if
// they give the checkpoint's root; otherwise kCorruption. Everything else needs an index or the daemon and returns
// kInvalidArgument. kNotFound when there is no export.
Result<std::unique_ptr<LedgerReader>> OpenTiles(const std::string& directory);

}  // namespace envledger
