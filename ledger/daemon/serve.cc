#include "ledger/daemon/serve.h"

#include <signal.h>
#include <sys/resource.h>

#include <utility>

#include "ledger/base/log.h"
#include "ledger/daemon/daemon.h"
#include "ledger/daemon/prepare.h"
#include "ledger/daemon/systemd.h"

namespace envledger {
namespace {

sigset_t EndingSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Every connection and every table file needs a descriptor.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

Result<Prepared> PrepareAndWarn(const DaemonConfig& config) {
  auto prepared = Prepare(config);
  if (prepared.ok()) {
    for (const std::string& warning : prepared->warnings) Log(LogLevel::kWarning, warning);
  }
  return prepared;
}

// Waits for a signal and returns its name.
std::string AwaitEnd() {
  const sigset_t ending = EndingSignals();
  int number = 0;
  while (sigwait(&ending, &number) != 0) {
  }
  return number == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace

void BlockSignals() {
  const sigset_t set = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Status CheckConfig(const DaemonConfig& config) { return PrepareAndWarn(config).status(); }

Status Serve(const DaemonConfig& config) {
  RaiseDescriptorLimit();
  ENVLEDGER_ASSIGN_OR_RETURN(ActivatedSockets activated, TakeActivatedSockets());
  ENVLEDGER_ASSIGN_OR_RETURN(Prepared prepared, PrepareAndWarn(config));
  ENVLEDGER_ASSIGN_OR_RETURN(const auto daemon, Daemon::Start(config, std::move(prepared), std::move(activated)));
  const StatusResponse start = daemon->Describe();
  const std::string serving = start.origin + ", " + std::to_string(start.tree_size) + " entries";
  Log(LogLevel::kInfo, "serving " + serving + "; " + start.vkey);
  NotifyReady("serving " + serving);

  const std::string reason = AwaitEnd();
  Log(LogLevel::kInfo, reason + ": closing");
  NotifyStopping();
  Status closed = daemon->Stop(reason);
  if (closed.ok()) Log(LogLevel::kInfo, "closed with " + std::to_string(daemon->Describe().tree_size) + " entries");
  return closed;
}

}  // namespace envledger
