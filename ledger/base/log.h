// Log lines on stderr, for a person and for the journal: "<6>info: text" with the syslog priority that journald reads
// when stderr is not a terminal. One line is one write. Thread-safe.
#pragma once

#include <string_view>

namespace envledger {

enum class LogLevel { kError = 3, kWarning = 4, kInfo = 6, kDebug = 7 };

// Lines of lesser importance than `level` are dropped. The default is kInfo.
void SetLogLevel(LogLevel level);

// Writes one line. Control characters in `text` are written as \xNN, so that stored text cannot forge lines.
void Log(LogLevel level, std::string_view text);

}  // namespace envledger
