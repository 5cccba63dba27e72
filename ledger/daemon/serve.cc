#include "ledger/daemon/serve.h"

#include <signal.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "ledger/base/log.h"
#include "ledger/base/mutex.h"
#include "ledger/base/thread_name.h"
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

// Waits for the signals that end the daemon, from the start on. A start can take long, inside libraries that cannot be
// interrupted. A signal during that time ends the process at once, as a kill would: nothing has been acknowledged, and
// the next start recovers.
class EndingSignal {
 public:
  EndingSignal() : thread_([this] { Watch(); }) {}
  ~EndingSignal() {
    {
      const MutexLock lock(mutex_);
      done_ = true;
    }
    pthread_kill(thread_.native_handle(), SIGTERM);  // ends its wait
    thread_.join();
  }
  EndingSignal(const EndingSignal&) = delete;
  EndingSignal& operator=(const EndingSignal&) = delete;

  // The start is over: from now on a signal asks for an orderly end.
  void Started() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    started_ = true;
  }
  // Waits for a signal and returns its name.
  std::string Await() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (name_.empty()) changed_.Wait(mutex_);
    return name_;
  }

 private:
  void Watch() EXCLUDES(mutex_) {
    NameThisThread("signals");
    const sigset_t ending = EndingSignals();
    int number = 0;
    while (sigwait(&ending, &number) != 0) {
    }
    const MutexLock lock(mutex_);
    if (done_) return;
    name_ = number == SIGTERM ? "SIGTERM" : "SIGINT";
    if (!started_) {
      Log(LogLevel::kInfo, name_ + " while starting: ended before anything was served");
      FlushLog(kLogPatience);
      std::_Exit(0);
    }
    changed_.NotifyAll();
  }

  Mutex mutex_;
  CondVar changed_;
  bool started_ GUARDED_BY(mutex_) = false;
  bool done_ GUARDED_BY(mutex_) = false;
  std::string name_ GUARDED_BY(mutex_);
  std::thread thread_;
};

std::string StatusLine(const StatusResponse& status) {
  const std::string serving = "serving " + status.origin + ", " + std::to_string(status.tree_size) + " entries";
  return status.healthy ? serving : serving + "; " + status.problem;
}

}  // namespace

void BlockSignals() {
  const sigset_t set = EndingSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
}

Status CheckConfig(const DaemonConfig& config) { return PrepareAndWarn(config).status(); }

Status Serve(const DaemonConfig& config) {
  LogInBackground();
  EndingSignal ending;
  RaiseDescriptorLimit();
  ENVLEDGER_ASSIGN_OR_RETURN(ActivatedSockets activated, TakeActivatedSockets());
  ENVLEDGER_ASSIGN_OR_RETURN(Prepared prepared, PrepareAndWarn(config));
  ENVLEDGER_ASSIGN_OR_RETURN(const auto daemon, Daemon::Start(config, std::move(prepared), std::move(activated)));
  const StatusResponse start = daemon->Describe();
  Log(LogLevel::kInfo, "serving " + start.origin + ", " + std::to_string(start.tree_size) + " entries; " + start.vkey);
  ending.Started();  // first, because whoever is told that the daemon is ready may stop it
  std::optional<Watchdog> watchdog;
  watchdog.emplace([&](std::chrono::milliseconds patience) { return daemon->Stuck(patience); },
                   [&] { return StatusLine(daemon->Describe()); });
  NotifyReady(StatusLine(start));  // once every thread is there

  const std::string reason = ending.Await();
  watchdog.reset();  // while it closes, systemd's time limit for a stop applies
  Log(LogLevel::kInfo, reason + ": closing");
  NotifyStopping();
  Status closed = daemon->Stop(reason);
  if (closed.ok()) Log(LogLevel::kInfo, "closed with " + std::to_string(daemon->Describe().tree_size) + " entries");
  return closed;
}

}  // namespace envledger
