// Pieces of messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace envledger {

// "a, b, c", with ", " as the separator.
std::string Joined(const std::vector<std::string>& parts, std::string_view separator);

// "1 entry", "2 entries".
std::string Entries(uint64_t count);
// "entry 7".
std::string EntryName(uint64_t seq);

}  // namespace envledger
