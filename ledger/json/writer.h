// Writing JSON (RFC 8259). Text is UTF-8; nothing here checks that.
#pragma once

#include <string>
#include <string_view>

namespace envledger {

// Appends `text` in quotes. Besides what RFC 8259 demands, DEL and U+0080 to U+009F are escaped: a stored text must not
// steer the terminal on which it is printed.
void AppendJsonString(std::string& out, std::string_view text);
std::string JsonString(std::string_view text);

}  // namespace envledger
