// A library that is preloaded into the real daemon, and makes system calls fail as a page of shared memory says. A call
// counts if it is about a file at or below one directory, or, for memory and threads, always.
//
// A preloaded library sees the calls that programs and libraries make through libc, RocksDB's included, but not those
// that libc makes itself. Two kinds of calls are such: malloc maps memory for a large block, and pthread_create maps a
// stack and clones. The library stands where their failure appears: malloc returns null for a block that libc would
// map, and pthread_create returns an error.
//
// A call that fails does nothing. A call before which the program is killed is not done either.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tests/faults/fault_page.h"

// What libc calls its own.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

using envledger::FaultCall;
using envledger::FaultPage;

// libc maps a block of this size on its own, unless it has learned to keep such blocks.
constexpr size_t kMappedBlock = 128 << 10;

// Set once, before main.
FaultPage* page = nullptr;
char root[PATH_MAX];
size_t root_size = 0;

__attribute__((constructor)) void FindThePage() {
  const char* const wanted = getenv(envledger::kFaultRootVariable);
  const char* const page_path = getenv(envledger::kFaultPageVariable);
  if (wanted == nullptr || page_path == nullptr) return;
  const int shared = static_cast<int>(syscall(SYS_openat, AT_FDCWD, page_path, O_RDWR | O_CLOEXEC));
  void* const mapped = reinterpret_cast<void*>(
      syscall(SYS_mmap, nullptr, sizeof(FaultPage), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0));
  if (shared < 0 || mapped == MAP_FAILED) abort();
  syscall(SYS_close, shared);
  root_size = strlen(wanted);
  memcpy(root, wanted, root_size + 1);
  page = static_cast<FaultPage*>(mapped);
  unsetenv("LD_PRELOAD");
}

bool Armed() { return page != nullptr && page->armed != 0; }

bool IsAtOrBelowRoot(std::string_view path) {
  return path.substr(0, root_size) == std::string_view(root, root_size) &&
         (path.size() == root_size || path[root_size] == '/');
}

bool IsOurs(int fd) {
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = syscall(SYS_readlink, link, path, sizeof path);
  return size > 0 && IsAtOrBelowRoot({path, static_cast<size_t>(size)});
}

// Whether the directory and the path of an *at call lead below the root.
bool IsOurs(int directory, const char* path) {
  return path[0] == '/' || directory == AT_FDCWD ? IsAtOrBelowRoot(path) : IsOurs(directory);
}

// Counts a call that is about our files. Whether it fails, and with which errno.
bool Fails(FaultCall call, int* error) {
  const uint64_t number = ++page->seen[static_cast<size_t>(call)];
  const int32_t wanted = page->error;
  if (wanted == 0 || page->call != call || number < page->first || number >= page->end) return false;
  ++page->struck;
  if (wanted == envledger::kKill) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
  }
  *error = wanted;
  return true;
}

// For calls that return -1 and set errno.
bool FailsOn(FaultCall call, int fd) { return Armed() && IsOurs(fd) && Fails(call, &errno); }

int Open(int directory, const char* path, int flags, mode_t mode) {
  if (Armed() && IsOurs(directory, path) && Fails(FaultCall::kOpen, &errno)) return -1;
  return static_cast<int>(syscall(SYS_openat, directory, path, flags, mode));
}

mode_t ModeOf(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; }

int Truncate(int fd, off_t size) {
  if (FailsOn(FaultCall::kFtruncate, fd)) return -1;
  return static_cast<int>(syscall(SYS_ftruncate, fd, size));
}

int Rename(int from_directory, const char* from, int to_directory, const char* to) {
  if (Armed() && IsOurs(from_directory, from) && Fails(FaultCall::kRename, &errno)) return -1;
  return static_cast<int>(syscall(SYS_renameat, from_directory, from, to_directory, to));
}

bool NoMemory(size_t size) { return size >= kMappedBlock && Armed() && Fails(FaultCall::kMmap, &errno); }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open(AT_FDCWD, path, flags, mode);
}
int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open(directory, path, flags, mode);
}
int openat64(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = ModeOf(flags, arguments);
  va_end(arguments);
  return Open(directory, path, flags, mode);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  return FailsOn(FaultCall::kWrite, fd) ? -1 : syscall(SYS_write, fd, bytes, size);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  return FailsOn(FaultCall::kWrite, fd) ? -1 : syscall(SYS_writev, fd, parts, count);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return FailsOn(FaultCall::kPwrite, fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, size, offset);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t offset) { return pwrite(fd, bytes, size, offset); }

int fdatasync(int fd) { return FailsOn(FaultCall::kFdatasync, fd) ? -1 : static_cast<int>(syscall(SYS_fdatasync, fd)); }
int fsync(int fd) { return FailsOn(FaultCall::kFsync, fd) ? -1 : static_cast<int>(syscall(SYS_fsync, fd)); }
int sync_file_range(int fd, off64_t offset, off64_t size, unsigned flags) {
  if (FailsOn(FaultCall::kSyncFileRange, fd)) return -1;
  return static_cast<int>(syscall(SYS_sync_file_range, fd, offset, size, flags));
}

int rename(const char* from, const char* to) noexcept { return Rename(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  return Rename(from_directory, from, to_directory, to);
}

int ftruncate(int fd, off_t size) noexcept { return Truncate(fd, size); }
int ftruncate64(int fd, off64_t size) noexcept { return Truncate(fd, size); }
int fallocate(int fd, int mode, off_t offset, off_t size) {
  if (FailsOn(FaultCall::kFallocate, fd)) return -1;
  return static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, size));
}
int fallocate64(int fd, int mode, off64_t offset, off64_t size) { return fallocate(fd, mode, offset, size); }
int posix_fallocate(int fd, off_t offset, off_t size) {
  int error = 0;
  if (Armed() && IsOurs(fd) && Fails(FaultCall::kFallocate, &error)) return error;
  return syscall(SYS_fallocate, fd, 0, offset, size) == 0 ? 0 : errno;
}

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  if (Armed() && Fails(FaultCall::kMmap, &errno)) return MAP_FAILED;
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}
void* malloc(size_t size) { return NoMemory(size) ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) { return NoMemory(count * size) ? nullptr : __libc_calloc(count, size); }
void* realloc(void* block, size_t size) { return NoMemory(size) ? nullptr : __libc_realloc(block, size); }
void* aligned_alloc(size_t alignment, size_t size) {
  return NoMemory(size) ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  int error = 0;
  if (size >= kMappedBlock && Armed() && Fails(FaultCall::kMmap, &error)) return error;
  *block = __libc_memalign(alignment, size);
  return *block == nullptr ? ENOMEM : 0;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) noexcept {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto next = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  int error = 0;
  if (Armed() && Fails(FaultCall::kClone, &error)) return error;
  return next(thread, attributes, start, argument);
}

}  // extern "C"
