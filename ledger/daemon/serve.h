// Serves a ledger on its two sockets until a signal comes.
#pragma once

#include "ledger/base/status.h"
#include "ledger/daemon/config.h"

namespace envledger {

// Blocks the signals that end the daemon in this thread and in every thread made after: call it before any is made.
void BlockSignals();

// Recovers, listens, says READY, serves; on SIGTERM or SIGINT drains, closes the ledger, and returns ok.
Status Serve(const DaemonConfig& config);

// What Serve would refuse before it opens the ledger (Prepare), with the same warnings.
Status CheckConfig(const DaemonConfig& config);

}  // namespace envledger
