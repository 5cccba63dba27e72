#include "ledger/base/message.h"

namespace envledger {

std::string Joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += separator;
    text += parts[i];
  }
  return text;
}

std::string Entries(uint64_t count) { return std::to_string(count) + (count == 1 ? " entry" : " entries"); }

std::string EntryName(uint64_t seq) { return "entry " + std::to_string(seq); }

}  // namespace envledger
