// Reads what can still be read of a log that the daemon refuses.
#pragma once

#include <string>
#include <vector>

namespace envledger {

// The entries of a closed log, by seq, up to the first that is missing. Where the write-ahead log is damaged, it is read
// up to the damage. `path` is the log's directory, which is not changed: a copy is read. `problem` (must not be null)
// says why reading ended; empty when nothing is damaged.
std::vector<std::string> SalvageEntries(const std::string& path, std::string* problem);

}  // namespace envledger
