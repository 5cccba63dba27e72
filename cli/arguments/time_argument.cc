#include "cli/arguments/time_argument.h"

#include <optional>
#include <string>

#include "ledger/base/bytes.h"

namespace envledger::cli {
namespace {

std::optional<Nanos> UnitSize(char unit) {
  switch (unit) {
    case 's':
      return kSecond;
    case 'm':
      return 60 * kSecond;
    case 'h':
      return 3600 * kSecond;
    case 'd':
      return 86400 * kSecond;
    case 'w':
      return 7 * 86400 * kSecond;
    default:
      return std::nullopt;
  }
}

// "1d12h" in nanoseconds; nothing if the text has another form or the value does not fit.
std::optional<Nanos> ParseSpan(std::string_view text) {
  if (text.empty()) return std::nullopt;
  Nanos span = 0;
  while (!text.empty()) {
    size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
    if (digits == 0 || digits > 18 || digits == text.size()) return std::nullopt;
    const auto size = UnitSize(text[digits]);
    if (!size) return std::nullopt;
    Nanos part = 0;
    if (__builtin_mul_overflow(std::stoll(std::string(text.substr(0, digits))), *size, &part) ||
        __builtin_add_overflow(span, part, &span)) {
      return std::nullopt;
    }
    text.remove_prefix(digits + 1);
  }
  return span;
}

bool IsDate(std::string_view text) { return text.size() == 10 && text[4] == '-' && text[7] == '-'; }

}  // namespace

bool IsSpanAgo(std::string_view text) { return ParseSpan(text).has_value(); }

Result<Nanos> ParseTimeArgument(std::string_view text, Nanos now) {
  if (const auto span = ParseSpan(text)) {
    if (*span > now) return InvalidArgument("\"" + std::string(text) + "\" ago is before 1970");
    return now - *span;
  }
  bool leap_second = false;
  auto time = ParseTime(IsDate(text) ? std::string(text) + "T00:00:00Z" : std::string(text), &leap_second);
  if (!time.ok()) {
    return InvalidArgument("not a time: \"" + std::string(text) +
                           "\"; give RFC 3339 (2026-03-17T09:30:00Z), a date (2026-03-17) or a span ago (24h, 7d)");
  }
  if (leap_second) {
    return InvalidArgument(std::string(text) +
                           " is a leap second, which the ledger records as the following second; give " +
                           FormatTime(*time));
  }
  return time;
}

Result<Nanos> ParseSpanArgument(std::string_view text) {
  if (const auto span = ParseSpan(text)) return *span;
  return InvalidArgument("not a span of time: \"" + std::string(text) + "\"; give numbers with units (30s, 5m, 1d12h)");
}

}  // namespace envledger::cli
