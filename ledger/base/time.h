// Time: nanoseconds since 1970-01-01T00:00:00Z in a signed 64-bit integer, and its RFC 3339 text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/base/status.h"

namespace envledger {

using Nanos = int64_t;
inline constexpr Nanos kSecond = 1'000'000'000;

// The beginning of the last second but one that Nanos can represent, in 2262. A clock that shows this time is wrong.
inline constexpr Nanos kEndOfTime = (INT64_MAX / kSecond - 1) * kSecond;
// kUnavailable when a clock shows this time, but cannot be right.
Status CheckClock(Nanos now);

// RFC 3339 in UTC with "Z", as many fractional digits as needed and no trailing zeros: "2026-03-17T09:30:00.25Z".
std::string FormatTime(Nanos time);

// An RFC 3339 date-time with any offset, up to nine fractional digits, from 1970-01-01T00:00:00Z to
// 2262-04-11T23:47:16.854775807Z. kInvalidArgument otherwise. Second 60 is accepted only where a leap second can be: in
// the last minute of June or December in UTC, since 1972. Nanos cannot represent it: it is read as the second after it,
// and `*leap_second`, if given, says whether that happened.
Result<Nanos> ParseTime(std::string_view text, bool* leap_second = nullptr);

// "1.5s", "230ms", "3d 4h": two units at the most, for people. Negative spans get a minus sign.
std::string FormatSpan(Nanos span);

// The source of recorded_at: the system's clock, or a test's. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanos Now() = 0;
};

class SystemClock : public Clock {
 public:
  // Not before 1970 and not after kEndOfTime, whatever the system's clock says.
  Nanos Now() override;
};

}  // namespace envledger
