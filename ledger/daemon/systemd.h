// What systemd passes to the daemon, and what it is told.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger {

// The descriptors of socket activation, identified by FileDescriptorName= (LISTEN_FDNAMES).
struct ActivatedSockets {
  UniqueFd append;
  UniqueFd audit;
};
// Empty without activation. kInvalidArgument for names other than "append" and "audit", a repeated name, or a
// descriptor that is not a listening unix stream socket. The environment variables are removed.
Result<ActivatedSockets> TakeActivatedSockets();

// These do nothing when systemd does not listen.
void NotifyReady(const std::string& status);
void NotifyStopping();
void NotifyStatus(const std::string& status);
// Asks for more time during long work (a recovery, a rebuild).
void NotifyBusy(const std::string& status, std::chrono::seconds more);

}  // namespace envledger
