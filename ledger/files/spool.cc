#include "ledger/files/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace envledger {
namespace {

constexpr size_t kCopyBytes = 256 << 10;

Result<UniqueFd> NamelessFile() {
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::temp_directory_path(error);
  if (error) return Unavailable("no directory for temporary files: " + error.message() + "; set TMPDIR");
  std::string path = (directory / "envledger-XXXXXX").string();
  UniqueFd file(mkostemp(path.data(), O_CLOEXEC));
  if (!file.valid()) return FromErrno(errno, "create a temporary file in " + directory.string());
  unlink(path.c_str());
  return file;
}

Status NoRoom(int error) {
  return Unavailable(FromErrno(error, "keep a long answer in a temporary file").message() +
                     "; set TMPDIR to another directory, or use --format jsonl, which needs no file");
}

}  // namespace

Status Spool::Add(std::string_view text) {
  ENVLEDGER_RETURN_IF_ERROR(failure_);
  text_ += text;
  if (text_.size() > kInMemory) failure_ = Spill();
  return failure_;
}

Status Spool::Spill() {
  if (!file_.valid()) {
    ENVLEDGER_ASSIGN_OR_RETURN(file_, NamelessFile());
  }
  for (std::string_view rest = text_; !rest.empty();) {
    const ssize_t count = write(file_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return NoRoom(count < 0 ? errno : ENOSPC);
    rest.remove_prefix(static_cast<size_t>(count));
  }
  written_ += text_.size();
  text_.clear();
  return Ok();
}

Status Spool::CopyTo(std::ostream& out) {
  ENVLEDGER_RETURN_IF_ERROR(failure_);
  std::string chunk(written_ > 0 ? kCopyBytes : 0, '\0');
  for (uint64_t at = 0; at < written_;) {
    const size_t size = std::min<uint64_t>(chunk.size(), written_ - at);
    const ssize_t count = pread(file_.get(), chunk.data(), size, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return NoRoom(count < 0 ? errno : EIO);
    out.write(chunk.data(), count);
    at += static_cast<uint64_t>(count);
  }
  out << text_;
  return Ok();
}

}  // namespace envledger
