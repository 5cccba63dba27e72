// CSV as in RFC 4180: comma, CRLF, fields quoted where they must be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envledger {

// One field. Control and invisible characters are escaped (SafeText), so that a row is always one line. A field that a
// spreadsheet would take for a formula (it begins with = + - @, a tab or a carriage return) gets a ' in front, unless
// it is a plain negative number.
std::string CsvField(std::string_view text);

// One row, with its CRLF.
std::string CsvRow(const std::vector<std::string>& fields);

}  // namespace envledger
