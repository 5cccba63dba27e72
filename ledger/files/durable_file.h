// A file that is written piece by piece and then put in place as a whole.
#pragma once

#include <string>
#include <string_view>

#include "ledger/base/status.h"
#include "ledger/files/file.h"

namespace envledger {

// What WriteFileDurably and CreateFileDurably (file.h) promise, for contents that need not be in memory at once. Until
// Commit begins to take effect, the old file, if there is one, is untouched. Without Commit, the destructor removes the
// temporary file. Not thread-safe.
class DurableFile {
 public:
  // Begins a temporary file beside `path`, with `mode` as its permissions whatever the umask.
  static Result<DurableFile> Begin(const std::string& path, unsigned mode);
  DurableFile(DurableFile&&) noexcept = default;
  DurableFile& operator=(DurableFile&&) = delete;
  ~DurableFile();

  // kUnavailable with the file's name. After a failure nothing can be written, and Commit returns the same error.
  Status Append(std::string_view bytes);
  // fsync, rename to `path`, fsync of the directory. Call either Commit or CommitNew, and only once. kUnknownOutcome:
  // the new file is in its place, but a crash may undo that. Any other error: what was there is untouched.
  Status Commit();
  // The same with link instead of rename: kConflict when the name is taken.
  Status CommitNew();

 private:
  DurableFile(std::string path, std::string temporary, UniqueFd fd);
  Status Sync();
  Status Settle();
  bool IsInPlace() const;
  void RemoveTemporary();

  std::string path_;
  std::string temporary_;  // empty once it no longer exists
  UniqueFd fd_;
  Status failed_;
};

}  // namespace envledger
