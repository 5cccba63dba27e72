#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace envledger {
namespace {

std::string TemporaryFile() {
  std::string path = (std::filesystem::temp_directory_path() / "envledger-io-XXXXXX").string();
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot create " + path);
  close(fd);
  return path;
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void Redirect(const std::string& path, int flags, int target) {
  const int fd = open(path.c_str(), flags);
  if (fd < 0 || dup2(fd, target) < 0) _exit(127);
}

int StatusOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// A field of /proc/<pid>/status ("VmHWM:").
std::string StatusField(pid_t pid, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(field, 0) == 0) return line.substr(field.size());
  }
  throw std::runtime_error("no " + field + " of process " + std::to_string(pid));
}

}  // namespace

Child::Child(const std::vector<std::string>& command, const Setup& setup)
    : out_path_(TemporaryFile()), err_path_(TemporaryFile()) {
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;

  // A test that is killed takes its daemon with it. The process may have ended before this line.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  for (const auto& [name, value] : setup.environment) setenv(name.c_str(), value.c_str(), 1);
  if (setup.listen_pid) setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  Redirect(setup.stdin_path, O_RDONLY, STDIN_FILENO);
  Redirect(setup.stdout_path.empty() ? out_path_ : setup.stdout_path, O_WRONLY | O_TRUNC, STDOUT_FILENO);
  Redirect(err_path_, O_WRONLY | O_TRUNC, STDERR_FILENO);
  // First duplicated to high numbers, so that no descriptor is overwritten before it is moved.
  std::vector<int> moved;
  for (const int fd : setup.descriptors) moved.push_back(fcntl(fd, F_DUPFD_CLOEXEC, 100));
  for (size_t i = 0; i < moved.size(); ++i) dup2(moved[i], 3 + static_cast<int>(i));
  signal(SIGPIPE, SIG_DFL);
  execvp(argv[0], argv.data());
  _exit(127);
}

Child::~Child() {
  if (!waited_) {
    kill(pid_, SIGKILL);
    Wait();
  }
}

void Child::Signal(int number) const { kill(pid_, number); }

Ended Child::Wait() {
  if (waited_) return ended_;
  int status = 0;
  rusage usage{};
  while (wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  waited_ = true;
  ended_ = {StatusOf(status), Contents(out_path_), Contents(err_path_), static_cast<uint64_t>(usage.ru_maxrss) << 10};
  unlink(out_path_.c_str());
  unlink(err_path_.c_str());
  return ended_;
}

bool Child::running() const {
  siginfo_t info{};
  return !waited_ && waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == 0;
}

uint64_t PeakBytes(pid_t pid) { return std::stoull(StatusField(pid, "VmHWM:")) << 10; }

bool Blocks(pid_t pid, int signal) {
  return (std::stoull(StatusField(pid, "SigBlk:"), nullptr, 16) >> (signal - 1) & 1) != 0;
}

void ForgetPeak(pid_t pid) {
  std::ofstream file("/proc/" + std::to_string(pid) + "/clear_refs");
  file << "5" << std::flush;
  if (!file) throw std::runtime_error("cannot write clear_refs of process " + std::to_string(pid));
}

Ended RunProgram(const std::vector<std::string>& command, const std::string& input) {
  Child::Setup setup;
  std::string path;
  if (!input.empty()) {
    path = TemporaryFile();
    std::ofstream(path, std::ios::binary) << input;
    setup.stdin_path = path;
  }
  Child child(command, setup);
  Ended outcome = child.Wait();
  if (!path.empty()) unlink(path.c_str());
  return outcome;
}

bool IsInstalled(const std::string& program) {
  return RunProgram({"sh", "-c", "command -v \"$0\"", program}).status == 0;
}

}  // namespace envledger
