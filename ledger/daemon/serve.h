// Serves a ledger on its two sockets until it gets a signal.
#pragma once

#include <chrono>

#include "ledger/base/status.h"
#include "ledger/daemon/config.h"

namespace envledger {

// Blocks the signals that end the daemon, in this thread and in every thread created after it. Call it before any
// thread is created.
void BlockSignals();

// Recovers the ledger, listens, reports READY and serves. On SIGTERM or SIGINT it drains the connections, closes the
// ledger, and returns ok.
Status Serve(const DaemonConfig& config);

// How long the end of the daemon waits for a reader of its log.
inline constexpr std::chrono::seconds kLogPatience{2};

// Checks what Serve would refuse before it opens the ledger (Prepare), with the same warnings.
Status CheckConfig(const DaemonConfig& config);

}  // namespace envledger
