// A quantity is an integer D (its digits without the point) times 10^p times 2^k. Everything that moves the decimal
// point (the point itself, a decimal suffix, an exponent, and the 10^3 of "milli") adds up to p; a binary suffix gives
// k. The quantity is a whole number of milli-units exactly when a negative p can be cancelled: each missing factor of
// ten is taken from a trailing zero of D, or from a trailing 5 of D and one of the k twos. Working on the decimal
// digits keeps this exact for any length of input: 2^-60 Ei needs 60 decimals, and its D has 42 digits, more than 128
// bits hold.
#include "ledger/codec/quantity.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "ledger/base/bytes.h"

namespace envledger {
namespace {

using Wide = unsigned __int128;

struct Scale {
  int64_t tens = 0;  // decimal exponent
  int twos = 0;      // binary exponent
};

struct Suffix {
  std::string_view text;
  Scale scale;
};
constexpr Suffix kSuffixes[] = {{"", {0, 0}},    {"n", {-9, 0}},  {"u", {-6, 0}},  {"m", {-3, 0}},
                                {"k", {3, 0}},   {"M", {6, 0}},   {"G", {9, 0}},   {"T", {12, 0}},
                                {"P", {15, 0}},  {"E", {18, 0}},  {"Ki", {0, 10}}, {"Mi", {0, 20}},
                                {"Gi", {0, 30}}, {"Ti", {0, 40}}, {"Pi", {0, 50}}, {"Ei", {0, 60}}};

// Removes the digits at the front of `text` and returns them.
std::string_view TakeDigits(std::string_view& text) {
  size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

// Removes a sign at the front of `text`. Whether it was a minus.
bool TakeSign(std::string_view& text) {
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return false;
  const bool minus = text[0] == '-';
  text.remove_prefix(1);
  return minus;
}

// The scale of "e3", "E-2"; text[0] is e or E. Exponents are capped at a thousand million: only a number with that many
// digits could bring a greater one back into range.
std::optional<Scale> ParseExponent(std::string_view text) {
  text.remove_prefix(1);
  const bool minus = TakeSign(text);
  const std::string_view digits = TakeDigits(text);
  if (digits.empty() || !text.empty()) return std::nullopt;
  constexpr int64_t kEnormous = 1'000'000'000;
  int64_t exponent = 0;
  for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kEnormous);
  return Scale{minus ? -exponent : exponent, 0};
}

std::optional<Scale> ParseSuffix(std::string_view text) {
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.text == text) return suffix.scale;
  }
  // "1E" is one exa, handled above; "1E3" is a thousand.
  if (text[0] == 'e' || text[0] == 'E') return ParseExponent(text);
  return std::nullopt;
}

// Divides by five: doubles the number and drops the last digit. REQUIRES: it ends in 5.
void DivideByFive(std::string& digits) {
  int carry = 0;
  for (size_t i = digits.size(); i-- > 0;) {
    const int twice = 2 * (digits[i] - '0') + carry;
    digits[i] = static_cast<char>('0' + twice % 10);
    carry = twice / 10;
  }
  digits.pop_back();
  if (carry != 0) digits.insert(digits.begin(), '1');
}

// Cancels negative powers of ten against the digits and the powers of two. False when one remains.
bool Cancel(std::string& digits, Scale& scale) {
  while (scale.tens < 0) {
    if (digits.back() == '0') {
      digits.pop_back();
    } else if (digits.back() == '5' && scale.twos > 0) {
      DivideByFive(digits);
      --scale.twos;
    } else {
      return false;
    }
    ++scale.tens;
  }
  return true;
}

// The magnitude; nullopt when it is above `limit` (at most 2^63). REQUIRES: digits of a number above 0, no leading
// zeros, scale.tens >= 0.
std::optional<uint64_t> Magnitude(std::string_view digits, Scale scale, uint64_t limit) {
  if (digits.size() > 19 || scale.tens > 19) return std::nullopt;  // 2^63 has 19 digits
  Wide value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  value <<= scale.twos;  // below 2^64 * 2^60
  if (value > limit) return std::nullopt;
  for (; scale.tens > 0; --scale.tens) {
    value *= 10;
    if (value > limit) return std::nullopt;
  }
  return static_cast<uint64_t>(value);
}

}  // namespace

Result<int64_t> ParseQuantity(std::string_view text) {
  std::string_view rest = text;
  const bool minus = TakeSign(rest);
  std::string digits(TakeDigits(rest));
  std::string_view fraction;
  if (!rest.empty() && rest[0] == '.') {
    rest.remove_prefix(1);
    fraction = TakeDigits(rest);
    digits += fraction;
  }
  std::optional<Scale> scale;
  if (!digits.empty()) scale = ParseSuffix(rest);
  if (!scale.has_value()) {
    return InvalidArgument("not a quantity (such as \"8\", \"1.5\", \"500m\", \"64Gi\"): " + Quoted(text));
  }
  digits.erase(0, digits.find_first_not_of('0'));  // everything, if all are zeros
  if (digits.empty()) return int64_t{0};

  scale->tens += 3 - static_cast<int64_t>(fraction.size());  // in milli-units
  if (!Cancel(digits, *scale)) return InvalidArgument("finer than a thousandth: " + Quoted(text));
  const uint64_t limit = uint64_t{1} << 63;
  const std::optional<uint64_t> magnitude = Magnitude(digits, *scale, minus ? limit : limit - 1);
  if (!magnitude.has_value()) return InvalidArgument("outside 64 bits of thousandths: " + Quoted(text));
  return static_cast<int64_t>(minus ? 0 - *magnitude : *magnitude);
}

std::string FormatQuantity(__int128 milli) {
  const bool whole = milli % 1000 == 0;
  // Negated as unsigned, because the most negative value has no positive counterpart.
  Wide magnitude = milli < 0 ? 0 - static_cast<Wide>(milli) : static_cast<Wide>(milli);
  if (whole) magnitude /= 1000;
  char buffer[48];
  char* const end = buffer + sizeof buffer;
  char* begin = end;
  if (!whole) *--begin = 'm';
  do {
    *--begin = static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
  } while (magnitude != 0);
  if (milli < 0) *--begin = '-';
  return {begin, end};
}

std::string FormatQuantity(int64_t milli) { return FormatQuantity(static_cast<__int128>(milli)); }

std::string HumanQuantity(int64_t milli) {
  constexpr int64_t kMebi = int64_t{1} << 20;
  if (milli == 0 || milli % 1000 != 0 || milli / 1000 % kMebi != 0) return FormatQuantity(milli);
  int64_t units = milli / 1000 / kMebi;
  std::string_view suffix = "Mi";
  for (const std::string_view larger : {"Gi", "Ti", "Pi", "Ei"}) {
    if (units % 1024 != 0) break;
    units /= 1024;
    suffix = larger;
  }
  return std::to_string(units) + std::string(suffix);
}

}  // namespace envledger
