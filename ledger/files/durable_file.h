// A file written piece by piece, and put in its place whole.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger {

// What WriteFileDurably and CreateFileDurably (file.h) promise, for contents that nobody holds in memory at once. Until
// Commit begins to take effect the old file, if there is one, is untouched. Without Commit the temporary file goes with
// its owner. Not thread-safe.
class DurableFile {
 public:
  // Begins a temporary file beside `path`, with `mode` as its permissions whatever the umask.
  static Result<DurableFile> Begin(const std::string& path, unsigned mode);
  DurableFile(DurableFile&&) noexcept = default;
  DurableFile& operator=(DurableFile&&) = delete;
  ~DurableFile();

  // kUnavailable with the file's name; nothing can be written after that, and Commit says the same.
  Status Append(std::string_view bytes);
  // fsync, rename to `path`, fsync of the directory. At most one of the two, once. kUnknownOutcome: the new file is in
  // its place, and whether a crash undoes that is not known. Any other error: what was there is untouched.
  Status Commit();
  // The same by link instead of rename: kConflict when something has the name already.
  Status CommitNew();

 private:
  DurableFile(std::string path, std::string temporary, UniqueFd fd);
  Status Sync();
  Status Settle();
  bool IsInPlace() const;
  void RemoveTemporary();

  std::string path_;
  std::string temporary_;  // empty when it is gone
  UniqueFd fd_;
  Status failed_;
};

}  // namespace envledger
