// A file written piece by piece, and put in its place whole.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/file.h"
#include "ledger/base/status.h"

namespace envledger {

// What WriteFileDurably promises, for contents that nobody holds in memory at once: until Commit is ok the old file, if
// there is one, is untouched. Without Commit the temporary file goes with its owner. Not thread-safe.
class DurableFile {
 public:
  // Begins a temporary file beside `path`, with `mode` as its permissions whatever the umask.
  static Result<DurableFile> Begin(const std::string& path, unsigned mode);
  DurableFile(DurableFile&&) noexcept = default;
  DurableFile& operator=(DurableFile&&) = delete;
  ~DurableFile();

  // kUnavailable with the file's name; nothing can be written after that, and Commit says the same.
  Status Append(std::string_view bytes);
  // fsync, rename to `path`, fsync of the directory. At most once.
  Status Commit();

 private:
  DurableFile(std::string path, std::string temporary, UniqueFd fd);
  std::string path_;
  std::string temporary_;  // empty when it is in its place, or gone
  UniqueFd fd_;
  Status failed_;
};

}  // namespace envledger
