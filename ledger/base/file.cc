// Durable placement follows the one order that survives a power cut on POSIX file systems: write a temporary file,
// fsync it, rename it over the name, fsync the directory. An fsync that failed is final: the kernel may have dropped
// the dirty pages, so a second fsync would succeed and mean nothing.
#include "ledger/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace envledger {
namespace {

Status WriteAll(int fd, std::string_view contents, const std::string& path) {
  while (!contents.empty()) {
    const ssize_t written = write(fd, contents.data(), contents.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return FromErrno(errno, "write " + path);
    }
    contents.remove_prefix(static_cast<size_t>(written));
  }
  return Ok();
}

struct Temporary {
  std::string path;
  UniqueFd fd;
};

// A new empty file beside `path`. A process that crashed may have left one behind, and process numbers come again, so a
// taken name is no error: the next one is tried.
Result<Temporary> CreateTemporary(const std::string& path) {
  static std::atomic<unsigned> counter = 0;
  for (;;) {
    std::string name = path + ".tmp." + std::to_string(getpid()) + "." + std::to_string(counter++);
    UniqueFd fd(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    const int error = errno;
    if (fd.valid()) return Temporary{std::move(name), std::move(fd)};
    if (error != EEXIST) return FromErrno(error, "create " + name);
  }
}

// A temporary file beside `path` with the contents, synced; its name is returned.
Result<std::string> WriteTemporary(const std::string& path, std::string_view contents, unsigned mode) {
  ENVLEDGER_ASSIGN_OR_RETURN(const Temporary file, CreateTemporary(path));
  Status status = WriteAll(file.fd.get(), contents, file.path);
  if (status.ok() && fchmod(file.fd.get(), mode) != 0) status = FromErrno(errno, "chmod " + file.path);
  if (status.ok() && fsync(file.fd.get()) != 0) status = FromErrno(errno, "fsync " + file.path);
  if (!status.ok()) {
    unlink(file.path.c_str());
    return status;
  }
  return file.path;
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

Result<std::string> ReadFile(const std::string& path, size_t limit) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return FromErrno(errno, "open " + path);
  std::string contents;
  char chunk[65536];
  for (;;) {
    const ssize_t count = read(fd.get(), chunk, sizeof chunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FromErrno(errno, "read " + path);
    if (count == 0) return contents;
    contents.append(chunk, static_cast<size_t>(count));
    if (contents.size() > limit) {
      return Status(Code::kResourceExhausted, path + " is longer than " + std::to_string(limit) + " bytes");
    }
  }
}

Status WriteFileDurably(const std::string& path, std::string_view contents, unsigned mode) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string temporary, WriteTemporary(path, contents, mode));
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    return FromErrno(error, "rename " + temporary + " to " + path);
  }
  return SyncDirectory(DirectoryOf(path));
}

Status CreateFileDurably(const std::string& path, std::string_view contents, unsigned mode) {
  ENVLEDGER_ASSIGN_OR_RETURN(const std::string temporary, WriteTemporary(path, contents, mode));
  const int linked = link(temporary.c_str(), path.c_str());
  const int error = errno;
  unlink(temporary.c_str());
  if (linked != 0 && error == EEXIST) return Conflict("exists", path + " exists already");
  if (linked != 0) return FromErrno(error, "create " + path);
  return SyncDirectory(DirectoryOf(path));
}

Status SyncDirectory(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return FromErrno(errno, "open directory " + path);
  if (fsync(fd.get()) != 0) return FromErrno(errno, "fsync directory " + path);
  return Ok();
}

Status MakeDirectory(const std::string& path) {
  if (mkdir(path.c_str(), 0755) == 0) return SyncDirectory(DirectoryOf(path));
  return errno == EEXIST ? Ok() : FromErrno(errno, "create directory " + path);
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace envledger
