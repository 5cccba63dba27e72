#include "tests/support/daemon.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <thread>

#include "ledger/files/file.h"

namespace envledger {
namespace {

constexpr int kReadyMilliseconds = 120'000;

std::string Line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::string DaemonPath() { return ENVLEDGER_DAEMON_PATH; }
std::string ToolPath() { return ENVLEDGER_TOOL_PATH; }

// The socket for the daemon's notifications, in place of systemd's.
class ServedLedger::NotifySocket {
 public:
  explicit NotifySocket(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    unlink(path.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot bind " + path);
    }
  }

  // Whether READY=1 came before the child ended.
  bool WaitForReady(const Child& child) {
    for (int waited = 0; waited < kReadyMilliseconds; waited += 10) {
      pollfd entry{.fd = fd_.get(), .events = POLLIN, .revents = 0};
      if (poll(&entry, 1, 10) > 0) {
        char message[4096];
        const ssize_t size = recv(fd_.get(), message, sizeof message, 0);
        if (size > 0 &&
            std::string_view(message, static_cast<size_t>(size)).find("READY=1") != std::string_view::npos) {
          return true;
        }
      } else if (!child.running()) {
        return false;
      }
    }
    return false;
  }

 private:
  UniqueFd fd_;
};

ServedLedger::~ServedLedger() = default;

ServedLedger::ServedLedger() {
  const Ended key = RunProgram({ToolPath(), "key", "generate", "--origin", kOrigin, "--key", key_path()});
  if (key.status != 0) throw std::runtime_error("key generate: " + key.err);
  vkey_ = Line(key.out);
  const Ended init =
      RunProgram({DaemonPath(), "--init", "--data-dir", data_dir(), "--origin", kOrigin, "--key", key_path()});
  if (init.status != 0) throw std::runtime_error("init: " + init.err);
}

std::vector<std::string> ServedLedger::Command(const std::vector<std::string>& options, const std::string& key) const {
  // A test must not write to the machine's journal.
  std::vector<std::string> command = {DaemonPath(),    "--data-dir",     data_dir(),    "--append-socket",
                                      append_socket(), "--audit-socket", audit_socket()};
  if (!key.empty()) command.insert(command.end(), {"--key", key});
  const auto names_journal = [](const std::string& option) { return option.rfind("--journal-socket", 0) == 0; };
  if (std::none_of(options.begin(), options.end(), names_journal)) command.push_back("--journal-socket=none");
  // Test machines may have little free space; the test of this limit sets it itself.
  const auto sets_room = [](const std::string& option) { return option.rfind("--min-free-bytes", 0) == 0; };
  if (std::none_of(options.begin(), options.end(), sets_room)) command.push_back("--min-free-bytes=1");
  command.insert(command.end(), options.begin(), options.end());
  return command;
}

void ServedLedger::Start(const std::vector<std::string>& options, const Child::Setup& setup) {
  StartCommand(Command(options, key_path()), setup);
}

void ServedLedger::StartUnder(const std::vector<std::string>& program, const std::vector<std::string>& options) {
  std::vector<std::string> command = program;
  const std::vector<std::string> daemon = Command(options, key_path());
  command.insert(command.end(), daemon.begin(), daemon.end());
  StartCommand(command, {});
}

void ServedLedger::StartWithoutKey(const std::vector<std::string>& options, const Child::Setup& setup) {
  StartCommand(Command(options, ""), setup);
}

void ServedLedger::Launch(const std::vector<std::string>& options, const Child::Setup& setup) {
  LaunchCommand(Command(options, key_path()), setup);
}

void ServedLedger::LaunchCommand(const std::vector<std::string>& command, const Child::Setup& setup) {
  notify_ = std::make_unique<NotifySocket>(path("notify"));
  Child::Setup complete = setup;
  complete.environment["NOTIFY_SOCKET"] = path("notify");
  daemon_ = std::make_unique<Child>(command, complete);
}

bool ServedLedger::WaitUntilReady() { return notify_->WaitForReady(*daemon_); }

void ServedLedger::StartCommand(const std::vector<std::string>& command, const Child::Setup& setup) {
  LaunchCommand(command, setup);
  if (WaitUntilReady()) return;
  daemon_->Signal(SIGKILL);
  throw std::runtime_error("the daemon did not get ready: " + daemon_->Wait().err);
}

Ended ServedLedger::StartAndFail(const std::vector<std::string>& options) {
  return RunProgram(Command(options, key_path()));
}

Ended ServedLedger::StartWithKeyAndFail(const std::string& key) { return RunProgram(Command({}, key)); }

Ended ServedLedger::StartAndSignal(int number) {
  Child daemon(Command({}, key_path()), {});
  while (daemon.running() && !Blocks(daemon.pid(), number)) std::this_thread::yield();
  daemon.Signal(number);
  return daemon.Wait();
}

Ended ServedLedger::Stop() {
  daemon_->Signal(SIGTERM);
  return daemon_->Wait();
}

void ServedLedger::Kill() {
  daemon_->Signal(SIGKILL);
  daemon_->Wait();
}

Ended ServedLedger::Tool(const std::vector<std::string>& words, const std::string& input) const {
  std::vector<std::string> command = {ToolPath()};
  command.insert(command.end(), words.begin(), words.end());
  return RunProgram(command, input);
}

Ended ServedLedger::OnSocket(std::vector<std::string> words, const std::string& input) const {
  words.insert(words.end(), {"--socket", audit_socket()});
  return Tool(words, input);
}

Ended ServedLedger::OnDirectory(std::vector<std::string> words) const {
  words.insert(words.end(), {"--data-dir", data_dir()});
  return Tool(words);
}

Ended ServedLedger::Append(const std::string& json_lines, const std::vector<std::string>& options) const {
  std::vector<std::string> words = {"append", "-", "--append-socket", append_socket()};
  words.insert(words.end(), options.begin(), options.end());
  return Tool(words, json_lines);
}

}  // namespace envledger
