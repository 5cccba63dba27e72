// Files: an owned descriptor, whole-file reads, and durable placement.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/base/status.h"

namespace envledger {

// A file descriptor with one owner, closed by the destructor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

// The result of a system call that returns -1 and sets errno, repeated for as long as signals interrupt it. Also for a
// sync: one that was interrupted has not failed.
template <typename Call>
auto Uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// The whole of a file, or all that comes from a pipe. kResourceExhausted when it is longer than `limit` bytes.
Result<std::string> ReadFile(const std::string& path, size_t limit);

// The same for a file that the ledger itself keeps. kCorruption when something else is in its place, such as a FIFO,
// for which ReadFile would wait.
Result<std::string> ReadRegularFile(const std::string& path, size_t limit);

// Puts `contents` at `path` so that after a crash at any moment either the old file or the whole new one is there, and
// after ok() the new one: a temporary file beside it, fsync, rename, fsync of the directory. `mode` is the file's
// permissions (such as 0644), whatever the umask. kUnknownOutcome when only the last step failed: the new file is in
// its place, but after a crash either may be there. Calling again is then safe and may succeed; fsync is never repeated
// on the same file. Any other error leaves the old file in place.
Status WriteFileDurably(const std::string& path, std::string_view contents, unsigned mode);

// As above, for a file that must not exist yet: kConflict when it does, so also when called again after
// kUnknownOutcome.
Status CreateFileDurably(const std::string& path, std::string_view contents, unsigned mode);

// Renames a file or directory within its directory, replacing a file that is there, and makes that durable. Errors are
// those of WriteFileDurably.
Status RenameDurably(const std::string& from, const std::string& to);

// fsync of a directory, which makes creations, renames and removals in it durable. kUnknownOutcome when it fails: the
// changes have been made, but may not survive a crash.
Status SyncDirectory(const std::string& path);

// Makes a directory (mode 0755, less the umask) and makes it durable; an existing one is left as it is. Its parent must
// exist.
Status MakeDirectory(const std::string& path);

// The directory part of a path: "a/b" -> "a", "b" -> ".", "/b" -> "/".
std::string DirectoryOf(const std::string& path);

}  // namespace envledger
