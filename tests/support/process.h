// Runs programs to their end, or as a child process to which a test sends signals.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace envledger {

struct Ended {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out;
  std::string err;
  // The peak of its resident memory. Never less than the resident memory of the process that started it.
  uint64_t peak_bytes = 0;
};

// A running program. Its standard output and error go to private files, which are read when it has ended.
class Child {
 public:
  struct Setup {
    std::string stdin_path = "/dev/null";
    std::string stdout_path;                         // if set, standard output goes there and not to Ended::out
    std::map<std::string, std::string> environment;  // added to the test's own environment
    std::vector<int> descriptors;                    // passed on as 3, 4, ...; all others are closed on exec
    bool listen_pid = false;                         // sets LISTEN_PID to the child's pid, as systemd does
  };
  Child(const std::vector<std::string>& command, const Setup& setup);
  ~Child();  // kills the program if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int number) const;
  // Waits until the program has ended.
  Ended Wait();
  bool running() const;

 private:
  pid_t pid_ = -1;
  bool waited_ = false;
  Ended ended_;
  std::string out_path_;
  std::string err_path_;
};

// The peak of the resident memory of a running process, since its start or since ForgetPeak.
uint64_t PeakBytes(pid_t pid);
// Whether the process has blocked the signal.
bool Blocks(pid_t pid, int signal);
void ForgetPeak(pid_t pid);

// Runs a program to its end, with `input` as its standard input.
Ended RunProgram(const std::vector<std::string>& command, const std::string& input = {});
// Whether PATH has the program.
bool IsInstalled(const std::string& program);

}  // namespace envledger
