// Log lines on stderr, for people and for the journal. When stderr is not a terminal, each line begins with the syslog
// priority that journald reads: "<6>info: text". Each line is one write. Thread-safe.
#pragma once

#include <string_view>

namespace envledger {

enum class LogLevel { kError = 3, kWarning = 4, kInfo = 6, kDebug = 7 };

// Drops lines less important than `level`. The default is kInfo.
void SetLogLevel(LogLevel level);

// From now on, what no code can handle (memory has run out, a thread cannot be started) is logged as an error of
// `program`, and the process ends with this exit status. It ends as by a kill, but says why; without this, it would
// abort.
void EndWithStatusWhenUnhandled(const char* program, int status);

// Writes one line. Control characters in `text` are written as \xNN, so that stored text cannot forge lines.
void Log(LogLevel level, std::string_view text);

}  // namespace envledger
