// Durable placement follows the one order that survives a power cut on POSIX file systems: write a temporary file,
// fsync it, rename it over the name, fsync the directory. An fsync that failed is final: the kernel may have dropped
// the dirty pages, so a second fsync would succeed and mean nothing.
//
// What a failure leaves, and the code that is returned:
//
//   create, chmod, write or fsync of the temporary file; rename    the old file     kUnavailable, kNotFound
//   link                                                           the old file     the same; kConflict if there is one
//   open or fsync of the directory                                 the new file,    kUnknownOutcome
//                                                                  if no crash comes
//
// A rename or link can fail although it happened: over NFS, when the server's answer is lost and the repeated call
// finds its work done. So after an error the name is checked. If it is our file's, all goes on as after a success.
#include "ledger/files/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace envledger {
namespace {

// Whether the path names this very file.
bool IsAt(const std::string& path, const struct stat& file) {
  struct stat there {};
  return lstat(path.c_str(), &there) == 0 && there.st_dev == file.st_dev && there.st_ino == file.st_ino;
}

}  // namespace

// A crashed process may have left a temporary file behind, and process ids are reused, so a name that is taken is no
// error: the next one is tried.
Result<DurableFile> DurableFile::Begin(const std::string& path, unsigned mode) {
  static std::atomic<unsigned> counter = 0;
  for (;;) {
    std::string name = path + ".tmp." + std::to_string(getpid()) + "." + std::to_string(counter++);
    UniqueFd fd(
        Uninterrupted([&] { return open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600); }));
    const int error = errno;
    if (!fd.valid() && error == EEXIST) continue;
    if (!fd.valid()) return FromErrno(error, "create " + name);
    DurableFile file(path, std::move(name), std::move(fd));
    if (fchmod(file.fd_.get(), mode) != 0) return FromErrno(errno, "set the permissions of " + file.temporary_);
    return file;
  }
}

DurableFile::DurableFile(std::string path, std::string temporary, UniqueFd fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}

DurableFile::~DurableFile() {
  if (fd_.valid()) RemoveTemporary();
}

void DurableFile::RemoveTemporary() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
  temporary_.clear();
}

Status DurableFile::Append(std::string_view bytes) {
  while (failed_.ok() && !bytes.empty()) {
    const ssize_t count = Uninterrupted([&] { return write(fd_.get(), bytes.data(), bytes.size()); });
    if (count < 0) {
      failed_ = FromErrno(errno, "write " + temporary_);
      break;
    }
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return failed_;
}

Status DurableFile::Commit() {
  ENVLEDGER_RETURN_IF_ERROR(Sync());
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    if (!IsInPlace()) return failed_ = FromErrno(error, "rename " + temporary_ + " to " + path_);
  }
  temporary_.clear();
  return Settle();
}

Status DurableFile::CommitNew() {
  ENVLEDGER_RETURN_IF_ERROR(Sync());
  if (link(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    if (!IsInPlace()) {
      return failed_ = error == EEXIST ? Conflict("exists", path_ + " already exists")
                                       : FromErrno(error, "link " + temporary_ + " to " + path_);
    }
  }
  RemoveTemporary();
  return Settle();
}

Status DurableFile::Sync() {
  if (failed_.ok() && Uninterrupted([&] { return fsync(fd_.get()); }) != 0)
    failed_ = FromErrno(errno, "fsync " + temporary_);
  return failed_;
}

Status DurableFile::Settle() {
  return failed_ = SyncDirectory(DirectoryOf(path_)).Prepend(path_ + " was written, but ");
}

bool DurableFile::IsInPlace() const {
  struct stat ours {};
  return fstat(fd_.get(), &ours) == 0 && IsAt(path_, ours);
}

Status RenameDurably(const std::string& from, const std::string& to) {
  struct stat moved {};
  if (lstat(from.c_str(), &moved) != 0) return FromErrno(errno, "rename " + from);
  if (rename(from.c_str(), to.c_str()) != 0) {
    const int error = errno;
    if (!IsAt(to, moved)) return FromErrno(error, "rename " + from + " to " + to);
  }
  return SyncDirectory(DirectoryOf(to)).Prepend(to + " is in its place, but ");
}

}  // namespace envledger
