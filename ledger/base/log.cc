#include "ledger/base/log.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

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

// Set once, before there are other threads.
const char* program_name = "";
int status_when_unhandled = 1;

// No memory is allocated here, and no lock is taken.
[[noreturn]] void EndUnhandled() noexcept {
  char line[512];
  const auto say = [&line](const char* what, const char* why) {
    const int size = std::snprintf(line, sizeof line, "%serror: %s: %s%s\n", isatty(STDERR_FILENO) == 0 ? "<3>" : "",
                                   program_name, what, why);
    const size_t most = sizeof line - 1;
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

void EndWithStatusWhenUnhandled(const char* program, int status) {
  program_name = program;
  status_when_unhandled = status;
  std::set_terminate(EndUnhandled);
}

void SetLogLevel(LogLevel level) { threshold = level; }

void Log(LogLevel level, std::string_view text) {
  if (level > threshold.load()) return;
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
  // A log line that cannot be written has nowhere else to go.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace envledger
