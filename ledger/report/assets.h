// The style and the script of a report's page, embedded by the build (embed.cmake): page.css and print.css, and
// checker.js and page.js, each pair concatenated byte for byte. They are constants, so that the page's security policy
// can contain their hashes. They are plain ASCII, end in a newline, and contain no "<" that an HTML parser would act
// on.
#pragma once

#include <string_view>

namespace envledger {

extern const std::string_view kReportStyle;
// Search, sorting, opening details for print, and the check in the browser. The page can be read without it.
extern const std::string_view kReportScript;

}  // namespace envledger
