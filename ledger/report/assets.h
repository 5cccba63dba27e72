// The style and the script of a report's page, as the build embeds them (embed.cmake): page.css and print.css, and
// checker.js and page.js, each byte for byte and one after the other. Constants, so that their hashes can stand in the
// page's security policy. They are plain ASCII, end in a newline, and hold no "<" that an HTML parser would see.
#pragma once

#include <string_view>

namespace envledger {

extern const std::string_view kReportStyle;
// Search, sorting, opening what is printed, and the check in the browser. The page reads without it.
extern const std::string_view kReportScript;

}  // namespace envledger
