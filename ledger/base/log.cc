#include "ledger/base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string>

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

}  // namespace

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
