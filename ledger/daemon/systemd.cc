#include "ledger/daemon/systemd.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "ledger/base/log.h"
#include "ledger/base/thread_name.h"

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

Watchdog::Watchdog(std::function<std::string(std::chrono::milliseconds)> stuck, std::function<std::string()> describe,
                   std::chrono::milliseconds otherwise)
    : stuck_(std::move(stuck)), describe_(std::move(describe)), interval_(otherwise) {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) > 0) {
    asked_ = true;
    interval_ = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(microseconds) / 3);
  }
  thread_ = std::thread([this] { Run(); });
}

Watchdog::~Watchdog() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
}

void Watchdog::Look() {
  const std::string stuck = stuck_(interval_);
  std::string status = stuck.empty() ? describe_() : stuck + " does not answer";
  if (status != told_) {
    if (!stuck.empty()) Log(LogLevel::kError, status);
    NotifyStatus(status);
    told_ = std::move(status);
  }
  if (asked_ && stuck.empty()) sd_notify(0, "WATCHDOG=1");
}

void Watchdog::Run() {
  NameThisThread("watchdog");
  for (;;) {
    Look();
    const auto until = std::chrono::steady_clock::now() + interval_;
    const MutexLock lock(mutex_);
    while (!stopping_ && stop_.WaitUntil(mutex_, until)) {
    }
    if (stopping_) return;
  }
}

}  // namespace envledger
