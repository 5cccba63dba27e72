// Log lines on stderr, for people and for the journal. When stderr is not a terminal, each line begins with the syslog
// priority that journald reads: "<6>info: text". Each line is one write. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
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

// From now on a thread of its own writes the lines, so that Log never waits for whoever reads stderr. At most
// kMaxWaitingLogBytes wait to be written. Lines beyond that are dropped, and once there is room a line says how many.
// The thread lasts as long as the process: call FlushLog before the end. A second call does nothing.
void LogInBackground();
inline constexpr size_t kMaxWaitingLogBytes = 1 << 20;

// Waits until every line so far is written, but not longer than `patience`. Whether all are.
bool FlushLog(std::chrono::milliseconds patience);

// How many lines were dropped since the start.
uint64_t DroppedLogLines();

}  // namespace envledger
