// The real daemon, on sockets and a data directory that belong to the test.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace envledger {

// The paths of the programs under test; set by CMake.
std::string DaemonPath();
std::string ToolPath();

// A ledger with a key, and its daemon while it runs. A step that fails throws, with the program's output.
class ServedLedger {
 public:
  static constexpr const char* kOrigin = "test.example/ledger";

  // Creates the key and the ledger.
  ServedLedger();
  ~ServedLedger();

  // Starts the daemon with these options in addition to the necessary ones, and waits until it sends READY=1.
  void Start(const std::vector<std::string>& options = {}, const Child::Setup& setup = {});
  // The same, but `program` ("unshare", "--pid") runs the daemon's command line.
  void StartUnder(const std::vector<std::string>& program, const std::vector<std::string>& options);
  // The same, without --key: the daemon must find its key by itself.
  void StartWithoutKey(const std::vector<std::string>& options, const Child::Setup& setup);
  // The two halves of Start: runs the daemon, and waits until it is ready. False if it ends before that.
  void Launch(const std::vector<std::string>& options, const Child::Setup& setup);
  bool WaitUntilReady();
  // Runs the daemon and expects it to end by itself, before it is ready.
  Ended StartAndFail(const std::vector<std::string>& options = {});
  Ended StartWithKeyAndFail(const std::string& key);
  // Runs the daemon, sends the signal as soon as the daemon has blocked it, and waits for the daemon's end.
  Ended StartAndSignal(int number);
  // Sends SIGTERM and waits for the daemon's end.
  Ended Stop();
  // Sends SIGKILL and waits.
  void Kill();
  Child& daemon() { return *daemon_; }

  // Runs the tool, on the sockets of this ledger or on its directory.
  Ended Tool(const std::vector<std::string>& words, const std::string& input = {}) const;
  Ended OnSocket(std::vector<std::string> words, const std::string& input = {}) const;
  Ended OnDirectory(std::vector<std::string> words) const;
  Ended Append(const std::string& json_lines, const std::vector<std::string>& options = {}) const;

  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  std::string data_dir() const { return path("data"); }
  std::string key_path() const { return path("key"); }
  std::string append_socket() const { return path("append.sock"); }
  std::string audit_socket() const { return path("audit.sock"); }
  const std::string& vkey() const { return vkey_; }

 private:
  class NotifySocket;
  void StartCommand(const std::vector<std::string>& command, const Child::Setup& setup);
  void LaunchCommand(const std::vector<std::string>& command, const Child::Setup& setup);
  // An empty `key` leaves --key out.
  std::vector<std::string> Command(const std::vector<std::string>& options, const std::string& key) const;

  TempDir directory_;
  std::string vkey_;
  std::unique_ptr<NotifySocket> notify_;
  std::unique_ptr<Child> daemon_;
};

}  // namespace envledger
