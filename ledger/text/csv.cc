#include "ledger/text/csv.h"

#include "ledger/base/bytes.h"
#include "ledger/text/safe_text.h"

namespace envledger {
namespace {

// "-12", "-1.5".
bool IsNegativeNumber(std::string_view text) {
  if (text.size() < 2 || text[0] != '-') return false;
  bool digit_before = false;
  bool dot = false;
  for (const char c : text.substr(1)) {
    if (c == '.' && digit_before && !dot) {
      dot = true;
    } else if (IsDigit(c)) {
      digit_before = true;
    } else {
      return false;
    }
  }
  return IsDigit(text.back());
}

// In some locales the full-width forms of these signs begin a formula too.
bool LooksLikeFormula(std::string_view text) {
  for (const std::string_view sign : {"\uff1d", "\uff0b", "\uff0d", "\uff20"}) {
    if (text.starts_with(sign)) return true;
  }
  return !text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos &&
         !IsNegativeNumber(text);
}

}  // namespace

std::string CsvField(std::string_view text) {
  std::string safe = SafeText(text);
  if (LooksLikeFormula(text)) safe.insert(0, 1, '\'');
  if (safe.find_first_of(",\"\r\n") == std::string::npos) return safe;
  std::string quoted = "\"";
  for (const char c : safe) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string CsvRow(const std::vector<std::string>& fields) {
  std::string row;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) row += ',';
    row += CsvField(fields[i]);
  }
  return row + "\r\n";
}

}  // namespace envledger
