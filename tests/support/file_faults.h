// A file system in which one call fails when a test says so. A program that links this has its own calls intercepted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envledger {

enum class FileFault {
  kFailed,         // with EIO, and nothing was done
  kFailedButDone,  // with EIO, though it was done
};

// Watches the calls that write below a directory, from all threads, while it lives; one at a time. Calls are named
// "create" (open of a file that may be made), "open-directory", "chmod", "write", "fsync", "fsync-directory", "link",
// "rename" and "unlink".
class FileFaults {
 public:
  // What lies at or below `except`, if given, is left alone.
  explicit FileFaults(const std::string& directory, const std::string& except = {});
  ~FileFaults();
  FileFaults(const FileFaults&) = delete;
  FileFaults& operator=(const FileFaults&) = delete;

  // The call after the next `skip` fails, or of those of this name when one is given. Once.
  void Fail(FileFault fault, size_t skip, std::string_view call = {});
  // The call that failed; empty when none has.
  std::string failed() const;
  // The names of all calls so far, in order.
  std::vector<std::string> calls() const;
};

}  // namespace envledger
