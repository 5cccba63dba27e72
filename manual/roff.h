// Plain text as man(7) macros.
#pragma once

#include <string>
#include <string_view>

namespace envledger::manual {

// `text` so that it is printed as it is: backslashes, hyphens that stand for themselves (options), leading dots and
// quotes, letters beyond ASCII.
std::string Roff(std::string_view text);
// Paragraphs, which empty lines separate in `text`; every other newline is a blank.
std::string Paragraphs(std::string_view text);
// Lines that keep their breaks and spaces.
std::string Example(std::string_view text);
// A hanging item: "--limit N" in bold and italics, what it is below.
std::string Item(std::string_view name, std::string_view value, std::string_view text);

}  // namespace envledger::manual
