// The functions below replace those of libc in the program that links them, and call the originals. Calls by shared
// libraries (RocksDB) come through here too; their paths distinguish them.
#include "tests/support/file_faults.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <mutex>

namespace envledger {
namespace {

std::atomic<bool> watching = false;

struct Watch {
  std::mutex mutex;
  std::string directory;
  std::string except;
  bool armed = false;
  FileFault fault = FileFault::kFailed;
  size_t skip = 0;
  std::string only;
  std::string failed;
  std::vector<std::string> calls;
};
Watch& TheWatch() {
  static Watch* const watch = new Watch;  // for threads that outlive main
  return *watch;
}

std::string PathOf(int fd) {
  char path[PATH_MAX];
  const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : std::string();
}

bool IsDirectory(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

bool IsAtOrBelow(const std::string& directory, const std::string& path) {
  return path == directory || path.starts_with(directory + "/");
}

// Records the call. Returns whether and how it must fail.
bool Strikes(const char* call, const std::string& path, FileFault* fault) {
  Watch& watch = TheWatch();
  const std::lock_guard<std::mutex> lock(watch.mutex);
  if (!watching || !IsAtOrBelow(watch.directory, path)) return false;
  if (!watch.except.empty() && IsAtOrBelow(watch.except, path)) return false;
  watch.calls.emplace_back(call);
  if (!watch.armed || (!watch.only.empty() && watch.only != call)) return false;
  if (watch.skip-- > 0) return false;
  watch.armed = false;
  watch.failed = call;
  *fault = watch.fault;
  return true;
}

// Runs the call, or fails as the fault says.
template <typename Call>
auto Through(const char* name, const std::string& path, const Call& call) -> decltype(call()) {
  FileFault fault = FileFault::kFailed;
  if (!Strikes(name, path, &fault)) return call();
  if (fault == FileFault::kFailedButDone) call();
  errno = EIO;
  return -1;
}

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace

FileFaults::FileFaults(const std::string& directory, const std::string& except) {
  Watch& watch = TheWatch();
  const std::lock_guard<std::mutex> lock(watch.mutex);
  EXPECT_FALSE(watching) << "one at a time";
  watch.directory = directory;
  watch.except = except;
  watch.armed = false;
  watch.failed.clear();
  watch.calls.clear();
  watching = true;
}

FileFaults::~FileFaults() { watching = false; }

void FileFaults::Fail(FileFault fault, size_t skip, std::string_view call) {
  Watch& watch = TheWatch();
  const std::lock_guard<std::mutex> lock(watch.mutex);
  watch.armed = true;
  watch.fault = fault;
  watch.skip = skip;
  watch.only = call;
  watch.failed.clear();
}

std::string FileFaults::failed() const {
  const std::lock_guard<std::mutex> lock(TheWatch().mutex);
  return TheWatch().failed;
}

std::vector<std::string> FileFaults::calls() const {
  const std::lock_guard<std::mutex> lock(TheWatch().mutex);
  return TheWatch().calls;
}

extern "C" {

int open(const char* path, int flags, ...) {
  static const auto next = Next<int (*)(const char*, int, ...)>("open");
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  const auto call = [&] { return next(path, flags, mode); };
  if (!watching) return call();
  if ((flags & O_DIRECTORY) != 0) return Through("open-directory", path, call);
  return (flags & O_CREAT) != 0 ? Through("create", path, call) : call();
}

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t)>("write");
  const auto call = [&] { return next(fd, bytes, size); };
  return watching ? Through("write", PathOf(fd), call) : call();
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  static const auto next = Next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  const auto call = [&] { return next(fd, bytes, size, at); };
  return watching ? Through("pwrite", PathOf(fd), call) : call();
}

int fdatasync(int fd) {
  static const auto next = Next<int (*)(int)>("fdatasync");
  const auto call = [&] { return next(fd); };
  return watching ? Through("fdatasync", PathOf(fd), call) : call();
}

int fchmod(int fd, mode_t mode) noexcept {
  static const auto next = Next<int (*)(int, mode_t)>("fchmod");
  const auto call = [&] { return next(fd, mode); };
  return watching ? Through("chmod", PathOf(fd), call) : call();
}

int fsync(int fd) {
  static const auto next = Next<int (*)(int)>("fsync");
  const auto call = [&] { return next(fd); };
  if (!watching) return call();
  return Through(IsDirectory(fd) ? "fsync-directory" : "fsync", PathOf(fd), call);
}

int rename(const char* from, const char* to) noexcept {
  static const auto next = Next<int (*)(const char*, const char*)>("rename");
  const auto call = [&] { return next(from, to); };
  return watching ? Through("rename", to, call) : call();
}

int link(const char* from, const char* to) noexcept {
  static const auto next = Next<int (*)(const char*, const char*)>("link");
  const auto call = [&] { return next(from, to); };
  return watching ? Through("link", to, call) : call();
}

int unlink(const char* path) noexcept {
  static const auto next = Next<int (*)(const char*)>("unlink");
  const auto call = [&] { return next(path); };
  return watching ? Through("unlink", path, call) : call();
}

}  // extern "C"

}  // namespace envledger
