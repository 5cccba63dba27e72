// A file system in which one call fails when a test says so. In a program that links this, its own calls are
// intercepted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace envledger {

enum class FileFault {
  kFailed,         // fails with EIO and does nothing
  kFailedButDone,  // fails with EIO, although it was done
};

// During its lifetime, watches the calls of all threads that write below a directory. Only one object may exist at a
// time. Calls are named "create" (open of a file that may be created), "open-directory", "chmod", "write", "pwrite",
// "fsync", "fdatasync", "fsync-directory", "link", "rename" and "unlink".
class FileFaults {
 public:
  // Paths at or below `except`, if given, are ignored.
  explicit FileFaults(const std::string& directory, const std::string& except = {});
  ~FileFaults();
  FileFaults(const FileFaults&) = delete;
  FileFaults& operator=(const FileFaults&) = delete;

  // After `skip` more calls, the next one fails, once. If `call` is given, only calls of that name count.
  void Fail(FileFault fault, size_t skip, std::string_view call = {});
  // The name of the call that failed; empty if none has.
  std::string failed() const;
  // The names of all calls so far, in order.
  std::vector<std::string> calls() const;
};

}  // namespace envledger
