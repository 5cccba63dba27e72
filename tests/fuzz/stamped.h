// The message that the timestamps in the corpus are of.
#pragma once

#include <string_view>

namespace envledger::fuzz {

inline constexpr std::string_view kStamped = "what was stamped";

}  // namespace envledger::fuzz
