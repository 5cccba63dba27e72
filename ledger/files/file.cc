#include "ledger/files/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "ledger/files/durable_file.h"

namespace envledger {

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

namespace {

Result<std::string> ReadWhole(const UniqueFd& fd, const std::string& path, size_t limit) {
  std::string contents;
  char chunk[65536];
  for (;;) {
    const ssize_t count = Uninterrupted([&] { return read(fd.get(), chunk, sizeof chunk); });
    if (count < 0) return FromErrno(errno, "read " + path);
    if (count == 0) return contents;
    contents.append(chunk, static_cast<size_t>(count));
    if (contents.size() > limit) {
      return Status(Code::kResourceExhausted, path + " is longer than " + std::to_string(limit) + " bytes");
    }
  }
}

}  // namespace

Result<std::string> ReadFile(const std::string& path, size_t limit) {
  const UniqueFd fd(Uninterrupted([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!fd.valid()) return FromErrno(errno, "open " + path);
  return ReadWhole(fd, path, limit);
}

Result<std::string> ReadRegularFile(const std::string& path, size_t limit) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const UniqueFd fd(Uninterrupted([&] { return open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); }));
  if (!fd.valid()) return FromErrno(errno, "open " + path);
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return FromErrno(errno, "stat " + path);
  if (!S_ISREG(info.st_mode)) return Corruption(path + " is not a regular file");
  return ReadWhole(fd, path, limit);
}

Status WriteFileDurably(const std::string& path, std::string_view contents, unsigned mode) {
  ENVLEDGER_ASSIGN_OR_RETURN(DurableFile file, DurableFile::Begin(path, mode));
  ENVLEDGER_RETURN_IF_ERROR(file.Append(contents));
  return file.Commit();
}

Status CreateFileDurably(const std::string& path, std::string_view contents, unsigned mode) {
  ENVLEDGER_ASSIGN_OR_RETURN(DurableFile file, DurableFile::Begin(path, mode));
  ENVLEDGER_RETURN_IF_ERROR(file.Append(contents));
  return file.CommitNew();
}

Status SyncDirectory(const std::string& path) {
  const auto unknown = [&path](const char* call) {
    return Status(Code::kUnknownOutcome,
                  "the latest changes in " + path + " may not survive a crash: " + FromErrno(errno, call).message());
  };
  const UniqueFd fd(Uninterrupted([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.valid()) return unknown("open");
  if (Uninterrupted([&] { return fsync(fd.get()); }) != 0) return unknown("fsync");
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
