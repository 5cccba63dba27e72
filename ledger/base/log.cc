#include "ledger/base/log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "ledger/base/mutex.h"
#include "ledger/base/thread_name.h"

namespace envledger {
namespace {

std::atomic<LogLevel> threshold = LogLevel::kInfo;

const char* LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "error";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kDebug:
      return "debug";
  }
  return "?";
}

std::string Line(LogLevel level, std::string_view text) {
  std::string line;
  if (isatty(STDERR_FILENO) == 0) line = "<" + std::to_string(static_cast<int>(level)) + ">";
  line += LevelName(level);
  line += ": ";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
      line += escaped;
    } else {
      line += c;
    }
  }
  line += '\n';
  return line;
}

// A line that cannot be written has nowhere else to go.
void WriteLine(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
    if (written > 0) line.remove_prefix(static_cast<size_t>(written));
    if (written >= 0 || errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return;
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    poll(&ready, 1, -1);
  }
}

// The lines that wait for the thread. Never destroyed, because the thread may hang in a write when the process ends.
class Backlog {
 public:
  static Backlog& Instance() {
    static Backlog& backlog = *new Backlog;
    return backlog;
  }

  void Start() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (std::exchange(started_, true)) return;
    std::thread([this] { Run(); }).detach();
  }
  // Whether the thread will write the line, or has to drop it; false when there is no thread.
  bool Take(std::string& line) EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (!started_) return false;
    if (bytes_ + line.size() > kMaxWaitingLogBytes) {
      ++dropped_;
      ++untold_;
      return true;
    }
    bytes_ += line.size();
    lines_.push_back(std::move(line));
    changed_.NotifyAll();
    return true;
  }
  bool Flush(std::chrono::milliseconds patience) EXCLUDES(mutex_) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const MutexLock lock(mutex_);
    while (started_ && bytes_ > 0) {
      if (!changed_.WaitUntil(mutex_, deadline) && bytes_ > 0) return false;
    }
    return true;
  }
  uint64_t dropped() EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    return dropped_;
  }

 private:
  void Run() EXCLUDES(mutex_) {
    NameThisThread("log");
    for (;;) {
      std::string line;
      uint64_t untold = 0;
      {
        const MutexLock lock(mutex_);
        while (lines_.empty()) changed_.Wait(mutex_);
        line = std::move(lines_.front());
        lines_.pop_front();
        untold = std::exchange(untold_, 0);
      }
      WriteLine(line);
      if (untold > 0) {
        WriteLine(Line(LogLevel::kWarning,
                       std::to_string(untold) + " lines of the log were dropped, because nobody read them in time"));
      }
      const MutexLock lock(mutex_);
      bytes_ -= line.size();
      changed_.NotifyAll();
    }
  }

  Mutex mutex_;
  CondVar changed_;
  bool started_ GUARDED_BY(mutex_) = false;
  std::deque<std::string> lines_ GUARDED_BY(mutex_);
  size_t bytes_ GUARDED_BY(mutex_) = 0;  // of the lines, and of the one that is being written
  uint64_t dropped_ GUARDED_BY(mutex_) = 0;
  uint64_t untold_ GUARDED_BY(mutex_) = 0;  // dropped, and no line has said so yet
};

// Set once, before there are other threads.
const char* program_name = "";
int status_when_unhandled = 1;

// No memory is allocated here, and no lock is taken: whoever failed may hold any. A line that nobody reads is left out.
[[noreturn]] void EndUnhandled() noexcept {
  char line[512];
  const auto say = [&line](const char* what, const char* why) {
    const int size = std::snprintf(line, sizeof line, "%serror: %s: %s%s\n", isatty(STDERR_FILENO) == 0 ? "<3>" : "",
                                   program_name, what, why);
    const size_t most = sizeof line - 1;
    pollfd ready{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, 1000) <= 0) return;
    [[maybe_unused]] const ssize_t written =
        write(STDERR_FILENO, line, std::min(most, static_cast<size_t>(std::max(size, 0))));
  };
  try {
    const std::exception_ptr unhandled = std::current_exception();
    if (unhandled) std::rethrow_exception(unhandled);
    say("ended by an unknown failure", "");
  } catch (const std::bad_alloc&) {
    say("out of memory", "");
  } catch (const std::length_error& error) {
    // Compressors report that they got no memory as a huge size.
    say("out of memory: ", error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    say(error.what(), "");
  } catch (const std::system_error& error) {
    say("a thread cannot be started: ", error.what());
  } catch (const std::exception& error) {
    say("ended by an unhandled failure: ", error.what());
  } catch (...) {
    say("ended by an unknown failure", "");
  }
  std::_Exit(status_when_unhandled);
}

}  // namespace

void SetLogLevel(LogLevel level) { threshold = level; }

void Log(LogLevel level, std::string_view text) {
  if (level > threshold.load()) return;
  std::string line = Line(level, text);
  if (!Backlog::Instance().Take(line)) WriteLine(line);
}

void EndWithStatusWhenUnhandled(const char* program, int status) {
  program_name = program;
  status_when_unhandled = status;
  std::set_terminate(EndUnhandled);
}

void LogInBackground() { Backlog::Instance().Start(); }

bool FlushLog(std::chrono::milliseconds patience) { return Backlog::Instance().Flush(patience); }

uint64_t DroppedLogLines() { return Backlog::Instance().dropped(); }

}  // namespace envledger
