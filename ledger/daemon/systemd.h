// What systemd hands over and wants to hear.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger {

// The descriptors of socket activation, told apart by FileDescriptorName= (LISTEN_FDNAMES).
struct ActivatedSockets {
  UniqueFd append;
  UniqueFd audit;
};
// Empty without activation. kInvalidArgument for names other than "append" and "audit", a name that comes twice, or a
// descriptor that is no listening unix stream socket. The environment variables are removed.
Result<ActivatedSockets> TakeActivatedSockets();

// Each does nothing when systemd does not listen.
void NotifyReady(const std::string& status);
void NotifyStopping();
void NotifyStatus(const std::string& status);
// Asks for more time while something long (a recovery, a rebuild) goes on.
void NotifyBusy(const std::string& status, std::chrono::seconds more);

}  // namespace envledger
