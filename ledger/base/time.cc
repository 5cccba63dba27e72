#include "ledger/base/time.h"

#include <cstdio>
#include <ctime>
#include <limits>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, and back (H. Hinnant's algorithm).
int64_t DaysFromCivil(int64_t y, unsigned m, unsigned d) {
  y -= m <= 2;
  const int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<int64_t>(doe) - 719468;
}

struct Civil {
  int64_t year;
  unsigned month;
  unsigned day;
};

Civil CivilFromDays(int64_t z) {
  z += 719468;
  const int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  return {static_cast<int64_t>(yoe) + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1};
}

unsigned DaysInMonth(int64_t year, unsigned month) {
  static constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// Reads a fixed-width number at the front of `text` and removes it.
bool Take(std::string_view& text, size_t width, unsigned& value) {
  if (text.size() < width) return false;
  value = 0;
  for (size_t i = 0; i < width; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + static_cast<unsigned>(text[i] - '0');
  }
  text.remove_prefix(width);
  return true;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

struct Parts {
  unsigned year, month, day, hour, minute, second, nanos = 0;
  int offset_minutes = 0;
};

bool TakeOffset(std::string_view& text, int& minutes) {
  if (Take(text, 'Z') || Take(text, 'z')) {
    minutes = 0;
    return true;
  }
  const int sign = Take(text, '+') ? 1 : Take(text, '-') ? -1 : 0;
  unsigned hours = 0;
  unsigned rest = 0;
  if (sign == 0 || !Take(text, 2, hours) || !Take(text, ':') || !Take(text, 2, rest) || hours > 23 || rest > 59) {
    return false;
  }
  minutes = sign * static_cast<int>(hours * 60 + rest);
  return true;
}

bool TakeParts(std::string_view text, Parts& p) {
  if (!Take(text, 4, p.year) || !Take(text, '-') || !Take(text, 2, p.month) || !Take(text, '-') ||
      !Take(text, 2, p.day)) {
    return false;
  }
  if (!(Take(text, 'T') || Take(text, 't') || Take(text, ' '))) return false;
  if (!Take(text, 2, p.hour) || !Take(text, ':') || !Take(text, 2, p.minute) || !Take(text, ':') ||
      !Take(text, 2, p.second)) {
    return false;
  }
  if (Take(text, '.')) {
    size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0 || digits > 9) return false;
    if (!Take(text, digits, p.nanos)) return false;
    for (; digits < 9; ++digits) p.nanos *= 10;
  }
  if (!TakeOffset(text, p.offset_minutes) || !text.empty()) return false;
  return p.month >= 1 && p.month <= 12 && p.day >= 1 && p.day <= DaysInMonth(p.year, p.month) && p.hour <= 23 &&
         p.minute <= 59 && p.second <= 60;
}

// Whether a leap second can end just before `seconds`. The standard (ITU-R TF.460) allows any month of UTC and prefers
// June and December; every leap second since the first in 1972 was at the end of one of these.
bool CanFollowLeapSecond(int64_t seconds) {
  if (seconds % 86400 != 0) return false;
  const Civil date = CivilFromDays(seconds / 86400);
  if (date.day != 1) return false;
  return date.month == 7 ? date.year >= 1972 : date.month == 1 && date.year > 1972;
}

}  // namespace

std::string FormatTime(Nanos time) {
  int64_t seconds = time / kSecond;
  int64_t nanos = time % kSecond;
  if (nanos < 0) {
    nanos += kSecond;
    --seconds;
  }
  int64_t days = seconds / 86400;
  int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  const Civil date = CivilFromDays(days);
  char text[48];
  std::snprintf(text, sizeof text, "%04lld-%02u-%02uT%02u:%02u:%02u", static_cast<long long>(date.year), date.month,
                date.day, static_cast<unsigned>(rest / 3600), static_cast<unsigned>(rest / 60 % 60),
                static_cast<unsigned>(rest % 60));
  std::string out = text;
  if (nanos != 0) {
    std::snprintf(text, sizeof text, ".%09lld", static_cast<long long>(nanos));
    std::string_view fraction = text;
    while (fraction.back() == '0') fraction.remove_suffix(1);
    out += fraction;
  }
  return out + "Z";
}

Result<Nanos> ParseTime(std::string_view text, bool* leap_second) {
  Parts p{};
  if (!TakeParts(text, p)) {
    return InvalidArgument("not an RFC 3339 time with an offset: " + Quoted(text));
  }
  const int64_t seconds = DaysFromCivil(p.year, p.month, p.day) * 86400 + static_cast<int64_t>(p.hour) * 3600 +
                          (static_cast<int64_t>(p.minute) - p.offset_minutes) * 60 + p.second;
  const __int128 time = static_cast<__int128>(seconds) * kSecond + p.nanos;
  if (time < 0 || time > std::numeric_limits<Nanos>::max()) {
    return InvalidArgument("outside 1970 to 2262: " + Quoted(text));
  }
  if (p.second == 60 && !CanFollowLeapSecond(seconds)) {
    return InvalidArgument("second 60, but a leap second can only be at the end of June or December in UTC: " +
                           Quoted(text));
  }
  if (leap_second != nullptr) *leap_second = p.second == 60;
  return static_cast<Nanos>(time);
}

std::string FormatSpan(Nanos span) {
  constexpr Nanos kMinute = 60 * kSecond;
  constexpr Nanos kHour = 60 * kMinute;
  constexpr Nanos kDay = 24 * kHour;
  // The minimum cannot be negated; a nanosecond less makes no difference to 292 years.
  if (span < 0) return "-" + FormatSpan(span == std::numeric_limits<Nanos>::min() ? -(span + 1) : -span);
  const auto count = [](Nanos number, const char* unit) { return std::to_string(number) + unit; };
  const auto two = [&](Nanos large, const char* large_unit, Nanos small, const char* small_unit) {
    return count(span / large, large_unit) + " " + count(span % large / small, small_unit);
  };
  if (span >= kDay) return two(kDay, "d", kHour, "h");
  if (span >= kHour) return two(kHour, "h", kMinute, "m");
  if (span >= kMinute) return two(kMinute, "m", kSecond, "s");
  if (span >= 10 * kSecond) return count(span / kSecond, "s");
  if (span >= kSecond) return count(span / kSecond, ".") + count(span % kSecond / (kSecond / 10), "s");
  if (span >= 1'000'000) return count(span / 1'000'000, "ms");
  if (span >= 1'000) return count(span / 1'000, "us");
  return count(span, "ns");
}

Status CheckClock(Nanos now) {
  if (now < kEndOfTime) return Ok();
  return Unavailable("the clock shows " + FormatTime(now) + " or later: set it right, and try again");
}

Nanos SystemClock::Now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec < 0) return 0;
  if (now.tv_sec >= kEndOfTime / kSecond) return kEndOfTime;
  return static_cast<Nanos>(now.tv_sec) * kSecond + now.tv_nsec;
}

}  // namespace envledger
