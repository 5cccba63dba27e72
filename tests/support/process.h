// Running programs: to their end, or as a child that a test signals.
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
  // Of its memory, the most that was resident at once. Not less than what was resident of the process that started it.
  uint64_t peak_bytes = 0;
};

// A program under way. Its standard output and error go to files in a private place and are read when it has ended.
class Child {
 public:
  struct Setup {
    std::string stdin_path = "/dev/null";
    std::string stdout_path;                         // written there, and not kept in Ended::out
    std::map<std::string, std::string> environment;  // beside the test's own
    std::vector<int> descriptors;                    // passed on as 3, 4, ...; closed on exec otherwise
    bool listen_pid = false;                         // sets LISTEN_PID to the child's pid, as systemd does
  };
  Child(const std::vector<std::string>& command, const Setup& setup);
  ~Child();  // kills it if it still runs
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int number) const;
  // Waits for its end.
  Ended Wait();
  bool running() const;

 private:
  pid_t pid_ = -1;
  bool waited_ = false;
  Ended ended_;
  std::string out_path_;
  std::string err_path_;
};

// Of a process that runs, the most memory that was resident at once since it began, or since ForgetPeak.
uint64_t PeakBytes(pid_t pid);
void ForgetPeak(pid_t pid);

// Runs a program to its end; `input` is what it reads on standard input.
Ended RunProgram(const std::vector<std::string>& command, const std::string& input = {});

}  // namespace envledger
