// The style and the script of a report's page: constants, so that their hashes can stand in its security policy.
#pragma once

#include <string_view>

namespace envledger {

extern const std::string_view kReportStyle;
// Search, sorting, opening what is printed, and the check in the browser. The page reads without it.
extern const std::string_view kReportScript;

}  // namespace envledger
