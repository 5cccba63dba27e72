#include "ledger/base/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace envledger {

Result<DurableFile> DurableFile::Begin(const std::string& path, unsigned mode) {
  std::string temporary = path + ".XXXXXX";
  UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return FromErrno(errno, "create a temporary file for " + path);
  DurableFile file(path, std::move(temporary), std::move(fd));
  if (fchmod(file.fd_.get(), mode) != 0) return FromErrno(errno, "set the permissions of " + file.temporary_);
  return file;
}

DurableFile::DurableFile(std::string path, std::string temporary, UniqueFd fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}

DurableFile::~DurableFile() {
  if (fd_.valid() && !temporary_.empty()) unlink(temporary_.c_str());
}

Status DurableFile::Append(std::string_view bytes) {
  while (failed_.ok() && !bytes.empty()) {
    const ssize_t count = write(fd_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      failed_ = FromErrno(errno, "write " + temporary_);
      break;
    }
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return failed_;
}

Status DurableFile::Commit() {
  ENVLEDGER_RETURN_IF_ERROR(failed_);
  if (fsync(fd_.get()) != 0) return failed_ = FromErrno(errno, "fsync " + temporary_);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    return failed_ = FromErrno(errno, "rename " + temporary_ + " to " + path_);
  }
  temporary_.clear();
  return SyncDirectory(DirectoryOf(path_));
}

}  // namespace envledger
