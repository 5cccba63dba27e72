// What systemd passes to the daemon, and what it is told.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "ledger/base/mutex.h"
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

// Tells the truth about the daemon at intervals, on a thread of its own: what it is doing (STATUS=), and, if systemd
// asked for that (WatchdogSec=), that it works (WATCHDOG=1). systemd kills a daemon that does not say so in time.
class Watchdog {
 public:
  // `stuck` names the part of the daemon that does not answer within the time given, and is empty when all do; then
  // systemd is not told that the daemon works. `describe` is one line. Both are called on the watchdog's thread until
  // the destructor returns. Asks at a third of the time that systemd allows; `otherwise` if systemd sets no time.
  Watchdog(std::function<std::string(std::chrono::milliseconds patience)> stuck, std::function<std::string()> describe,
           std::chrono::milliseconds otherwise = std::chrono::seconds(10));
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void Run();
  void Look();

  const std::function<std::string(std::chrono::milliseconds)> stuck_;
  const std::function<std::string()> describe_;
  bool asked_ = false;  // by systemd
  std::chrono::milliseconds interval_;
  std::string told_;  // the last STATUS=
  Mutex mutex_;
  CondVar stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace envledger
