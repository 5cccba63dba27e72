#include "ledger/base/invariant.h"

#include "ledger/base/log.h"

namespace envledger {

Status BrokenInvariant(std::string_view condition, std::string_view message, std::string_view file, int line) {
  // The message names the file from the project's own folders on, not the directory that it was built in.
  const size_t room = file.rfind("/ledger/");
  if (room != std::string_view::npos) file.remove_prefix(room + 1);
  Status broken = Internal("broken invariant: " + std::string(message) + " (" + std::string(condition) + " at " +
                           std::string(file) + ":" + std::to_string(line) + ")");
  Log(LogLevel::kError, broken.message());
  return broken;
}

}  // namespace envledger
