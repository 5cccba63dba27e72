#include "ledger/daemon/systemd.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstdlib>

namespace envledger {

Result<ActivatedSockets> TakeActivatedSockets() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  if (count < 0) return FromErrno(-count, "socket activation");
  ActivatedSockets sockets;
  Status problem;
  for (int i = 0; i < count; ++i) {
    const std::string name = names != nullptr ? names[i] : "";
    UniqueFd fd(SD_LISTEN_FDS_START + i);
    if (problem.ok() && sd_is_socket(fd.get(), AF_UNIX, SOCK_STREAM, 1) <= 0) {
      problem = InvalidArgument("socket activation: descriptor \"" + name + "\" is not a listening unix stream socket");
    }
    UniqueFd* place = name == "append" ? &sockets.append : name == "audit" ? &sockets.audit : nullptr;
    if (problem.ok() && (place == nullptr || place->valid())) {
      problem = InvalidArgument("socket activation: unexpected descriptor \"" + name +
                                "\"; FileDescriptorName= must be append or audit, each once");
    }
    if (problem.ok()) *place = std::move(fd);
  }
  for (int i = 0; names != nullptr && names[i] != nullptr; ++i) std::free(names[i]);
  std::free(names);
  ENVLEDGER_RETURN_IF_ERROR(std::move(problem));
  return sockets;
}

void NotifyReady(const std::string& status) { sd_notify(0, ("READY=1\nSTATUS=" + status).c_str()); }
void NotifyStopping() { sd_notify(0, "STOPPING=1"); }
void NotifyStatus(const std::string& status) { sd_notify(0, ("STATUS=" + status).c_str()); }
void NotifyBusy(const std::string& status, std::chrono::seconds more) {
  const auto microseconds = std::chrono::microseconds(more).count();
  sd_notify(0, ("STATUS=" + status + "\nEXTEND_TIMEOUT_USEC=" + std::to_string(microseconds)).c_str());
}

}  // namespace envledger
