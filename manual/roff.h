// Plain text as man(7) macros.
#pragma once

#include <string>
#include <string_view>

namespace envledger::manual {

// `text`, escaped so that it is printed literally: backslashes, hyphens of options, leading dots and quotes, letters
// beyond ASCII.
std::string Roff(std::string_view text);
// Paragraphs, separated by empty lines in `text`; every other newline counts as a space.
std::string Paragraphs(std::string_view text);
// Lines that keep their line breaks and spaces.
std::string Example(std::string_view text);
// A hanging item: "--limit N" in bold and italics, with its description below.
std::string Item(std::string_view name, std::string_view value, std::string_view text);

}  // namespace envledger::manual
