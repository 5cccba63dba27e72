// A library that is preloaded into the real daemon and tool. It stands where the disk is: it lets every call through to
// the kernel, and writes down in a journal what was done to the files below one directory, and what was synced. From
// the journal the harness (disk_image.h) makes the state that the disk could have after a power cut.
//
// Why this way: the alternatives see less. A RocksDB Env (tests/support/fault_env) sees only the databases, and not the
// key files, published checkpoints and the record of the index's files; it also needs a daemon built for the test. A
// block device below a file system (dm-log-writes, dm-flakey) is the truth for one file system, but needs root and
// modules, and costs a mount a round; it would also show only what that file system does, while POSIX promises less.
//
// Rules. All calls are serialized by one mutex, so that the journal has the one order in which they happened. The record
// follows the call, and the power can fail only before a call: the journal and the files therefore agree exactly at a
// cut, and the harness checks that they do. A sync has a beginning and an end, between which other threads go on; what
// is written in between is not covered by it, and a cut in between promises nothing. No real sync is done: the page
// cache survives the kill of a process, and the journal decides what was durable. sync_file_range promises nothing, as
// its manual says. What the journal cannot express (shared writable mappings, copy_file_range, stdio writes) is reported
// and fails the test.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/crash/journal.h"

namespace {

using envledger::DiskControl;
using envledger::DiskOp;
using envledger::DiskRecord;

constexpr int kMostDescriptors = 1 << 16;

// Set once, before main.
DiskControl* control = nullptr;
int journal = -1;
char root[PATH_MAX];
size_t root_size = 0;

std::mutex disk;
// The inode that a descriptor was opened for; 0: not one of ours. Descriptors may be closed unseen (fclose), so an inode
// is compared before it is used.
std::atomic<uint64_t> inodes[kMostDescriptors];
uint64_t syncs = 0;

__attribute__((constructor)) void FindTheDisk() {
  const char* const wanted = getenv(envledger::kDiskRootVariable);
  const char* const journal_path = getenv(envledger::kDiskJournalVariable);
  const char* const control_path = getenv(envledger::kDiskControlVariable);
  if (wanted == nullptr || journal_path == nullptr || control_path == nullptr) return;
  const int shared = static_cast<int>(syscall(SYS_openat, AT_FDCWD, control_path, O_RDWR | O_CLOEXEC));
  journal = static_cast<int>(syscall(SYS_openat, AT_FDCWD, journal_path, O_WRONLY | O_APPEND | O_CLOEXEC));
  void* const page = reinterpret_cast<void*>(
      syscall(SYS_mmap, nullptr, sizeof(DiskControl), PROT_READ | PROT_WRITE, MAP_SHARED, shared, 0));
  if (shared < 0 || journal < 0 || page == MAP_FAILED) abort();
  syscall(SYS_close, shared);
  control = static_cast<DiskControl*>(page);
  root_size = strlen(wanted);
  memcpy(root, wanted, root_size + 1);
  unsetenv("LD_PRELOAD");
}

bool IsAtOrBelowRoot(std::string_view path) {
  return control != nullptr && path.substr(0, root_size) == std::string_view(root, root_size) &&
         (path.size() == root_size || path[root_size] == '/');
}

// An absolute path for the arguments of an *at call.
std::string FullPath(int directory, const char* path) {
  if (path[0] == '/' || directory == AT_FDCWD || control == nullptr) return path;
  char base[PATH_MAX];
  const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(directory)).c_str(), base, sizeof base);
  return size < 0 ? path : std::string(base, static_cast<size_t>(size)) + "/" + path;
}

uint64_t InodeAt(const std::string& path) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) return 0;
  return S_ISREG(file.st_mode) || S_ISDIR(file.st_mode) ? file.st_ino : 0;
}
std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }
std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

uint64_t InodeOf(int fd) {
  if (control == nullptr || fd < 0 || fd >= kMostDescriptors || inodes[fd] == 0) return 0;
  struct stat file {};
  if (fstat(fd, &file) == 0 && file.st_ino == inodes[fd] && (S_ISREG(file.st_mode) || S_ISDIR(file.st_mode))) {
    return file.st_ino;
  }
  inodes[fd] = 0;
  return 0;
}

// REQUIRES: `disk` is held.
void CutOrGoOn(DiskOp op) {
  control->done++;
  const DiskOp kind = control->cut_kind;
  if (kind != DiskOp::kAny && kind != op) return;
  const uint64_t number = ++control->counted;
  const uint64_t cut_at = control->cut_at;
  if (cut_at == 0 || number < cut_at) return;
  control->cut = 1;
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

// REQUIRES: `disk` is held.
void Record(DiskOp op, uint64_t a, uint64_t b, uint64_t c, std::string_view text) {
  DiskRecord record{op, static_cast<uint32_t>(text.size()), a, b, c};
  const iovec parts[] = {{&record, sizeof record}, {const_cast<char*>(text.data()), text.size()}};
  const auto whole = static_cast<long>(sizeof record + text.size());
  if (syscall(SYS_writev, journal, parts, 2) != whole) abort();
}

void Uncovered(const char* call) {
  control->uncovered = 1;
  dprintf(STDERR_FILENO, "power cut: %s changes a file in a way that the journal cannot express\n", call);
}

int Open(int directory, const char* given, int flags, mode_t mode) {
  const auto call = [&] { return static_cast<int>(syscall(SYS_openat, directory, given, flags, mode)); };
  const std::string path = FullPath(directory, given);
  if (!IsAtOrBelowRoot(path)) return call();
  const std::lock_guard lock(disk);
  const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
  const uint64_t before = changes ? InodeAt(path) : 0;
  if (changes) CutOrGoOn(DiskOp::kCreate);
  const int fd = call();
  const int error = errno;
  struct stat file {};
  if (fd < 0 || fd >= kMostDescriptors || fstat(fd, &file) != 0) return errno = error, fd;
  inodes[fd] = file.st_ino;
  if (changes && before == 0) {
    Record(DiskOp::kCreate, file.st_ino, InodeAt(ParentOf(path)), 0, NameOf(path));
  } else if ((flags & O_TRUNC) != 0) {
    Record(DiskOp::kTruncate, file.st_ino, 0, 0, {});
  }
  return errno = error, fd;
}

std::string Joined(const iovec* parts, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  return all;
}

// `offset` is -1 for a write at the descriptor's own position.
template <typename Call>
ssize_t Write(int fd, off_t offset, std::string_view bytes, const Call& call) {
  if (InodeOf(fd) == 0) return call();
  const std::lock_guard lock(disk);
  const uint64_t inode = InodeOf(fd);
  CutOrGoOn(DiskOp::kWrite);
  const ssize_t count = call();
  const int error = errno;
  if (count > 0) {
    const auto written = static_cast<size_t>(count);
    const off_t at = offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR) - count;
    Record(DiskOp::kWrite, inode, static_cast<uint64_t>(at), 0, bytes.substr(0, written));
  }
  return errno = error, count;
}

int Truncate(int fd, off_t size) {
  const auto call = [&] { return static_cast<int>(syscall(SYS_ftruncate, fd, size)); };
  if (InodeOf(fd) == 0) return call();
  const std::lock_guard lock(disk);
  CutOrGoOn(DiskOp::kTruncate);
  const int result = call();
  if (result == 0) Record(DiskOp::kTruncate, InodeOf(fd), static_cast<uint64_t>(size), 0, {});
  return result;
}

int Sync(int fd, long number) {
  if (InodeOf(fd) == 0) return static_cast<int>(syscall(number, fd));
  uint64_t inode = 0;
  uint64_t name = 0;
  {
    const std::lock_guard lock(disk);
    inode = InodeOf(fd);
    name = static_cast<uint64_t>(getpid()) << 32 | ++syncs;
    CutOrGoOn(DiskOp::kSyncBegin);
    Record(DiskOp::kSyncBegin, inode, name, 0, {});
  }
  const timespec latency{0, 1000L * static_cast<long>(control->sync_microseconds.load())};
  ppoll(nullptr, 0, &latency, nullptr);
  const std::lock_guard lock(disk);
  CutOrGoOn(DiskOp::kSyncEnd);
  if (control->syncs_lie == 0) Record(DiskOp::kSyncEnd, inode, name, 0, {});
  return 0;
}

// A call that removes or adds a name. `op` is what it means once it has succeeded.
template <typename Call>
int ChangeName(DiskOp op, const std::string& path, const Call& call) {
  if (!IsAtOrBelowRoot(path)) return call();
  const std::lock_guard lock(disk);
  CutOrGoOn(op);
  const int result = call();
  const int error = errno;
  if (result == 0) {
    Record(op, op == DiskOp::kUnlink ? 0 : InodeAt(path), InodeAt(ParentOf(path)), 0, NameOf(path));
  }
  return errno = error, result;
}

template <typename Call>
int Rename(const std::string& from, const std::string& to, const Call& call) {
  if (!IsAtOrBelowRoot(from)) return call();
  const std::lock_guard lock(disk);
  CutOrGoOn(DiskOp::kRename);
  const uint64_t inode = InodeAt(from);
  const int result = call();
  const int error = errno;
  const std::string names = NameOf(from) + '\0' + NameOf(to);
  if (result == 0) Record(DiskOp::kRename, inode, InodeAt(ParentOf(from)), InodeAt(ParentOf(to)), names);
  return errno = error, result;
}

std::string_view Bytes(const void* bytes, size_t size) { return {static_cast<const char*>(bytes), size}; }

mode_t ModeOf(int flags, va_list arguments) { return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; }

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
int creat(const char* path, mode_t mode) { return Open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int close(int fd) {
  if (fd >= 0 && fd < kMostDescriptors) inodes[fd] = 0;
  return static_cast<int>(syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* bytes, size_t size) {
  return Write(fd, -1, Bytes(bytes, size), [&] { return syscall(SYS_write, fd, bytes, size); });
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return Write(fd, offset, Bytes(bytes, size), [&] { return syscall(SYS_pwrite64, fd, bytes, size, offset); });
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t offset) { return pwrite(fd, bytes, size, offset); }
ssize_t writev(int fd, const iovec* parts, int count) {
  const auto call = [&] { return syscall(SYS_writev, fd, parts, count); };
  return InodeOf(fd) == 0 ? call() : Write(fd, -1, Joined(parts, count), call);
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
  const auto call = [&] { return syscall(SYS_pwritev, fd, parts, count, offset, 0); };
  return InodeOf(fd) == 0 ? call() : Write(fd, offset, Joined(parts, count), call);
}
ssize_t pwritev64(int fd, const iovec* parts, int count, off_t offset) { return pwritev(fd, parts, count, offset); }

int ftruncate(int fd, off_t size) noexcept { return Truncate(fd, size); }
int ftruncate64(int fd, off_t size) noexcept { return Truncate(fd, size); }
int fallocate(int fd, int mode, off_t offset, off_t size) {
  const auto result = static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, size));
  // Reserving space behind the end changes neither size nor contents.
  if (result == 0 && mode != FALLOC_FL_KEEP_SIZE && InodeOf(fd) != 0) Uncovered("fallocate");
  return result;
}
int fallocate64(int fd, int mode, off_t offset, off_t size) { return fallocate(fd, mode, offset, size); }
int posix_fallocate(int fd, off_t offset, off_t size) {
  if (InodeOf(fd) != 0) Uncovered("posix_fallocate");
  return syscall(SYS_fallocate, fd, 0, offset, size) == 0 ? 0 : errno;
}

int fsync(int fd) { return Sync(fd, SYS_fsync); }
int fdatasync(int fd) { return Sync(fd, SYS_fdatasync); }

int mkdir(const char* path, mode_t mode) noexcept {
  return ChangeName(DiskOp::kMakeDir, path, [&] { return static_cast<int>(syscall(SYS_mkdir, path, mode)); });
}
int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  return ChangeName(DiskOp::kMakeDir, FullPath(directory, path),
                    [&] { return static_cast<int>(syscall(SYS_mkdirat, directory, path, mode)); });
}
int unlink(const char* path) noexcept {
  return ChangeName(DiskOp::kUnlink, path, [&] { return static_cast<int>(syscall(SYS_unlink, path)); });
}
int rmdir(const char* path) noexcept {
  return ChangeName(DiskOp::kUnlink, path, [&] { return static_cast<int>(syscall(SYS_rmdir, path)); });
}
int unlinkat(int directory, const char* path, int flags) noexcept {
  return ChangeName(DiskOp::kUnlink, FullPath(directory, path),
                    [&] { return static_cast<int>(syscall(SYS_unlinkat, directory, path, flags)); });
}
int remove(const char* path) noexcept {
  const int result = unlink(path);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}
int link(const char* from, const char* to) noexcept {
  return ChangeName(DiskOp::kLink, to, [&] { return static_cast<int>(syscall(SYS_link, from, to)); });
}
int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) noexcept {
  return ChangeName(DiskOp::kLink, FullPath(to_directory, to), [&] {
    return static_cast<int>(syscall(SYS_linkat, from_directory, from, to_directory, to, flags));
  });
}
int rename(const char* from, const char* to) noexcept {
  return Rename(from, to, [&] { return static_cast<int>(syscall(SYS_rename, from, to)); });
}
int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  return Rename(FullPath(from_directory, from), FullPath(to_directory, to),
                [&] { return static_cast<int>(syscall(SYS_renameat, from_directory, from, to_directory, to)); });
}

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  if ((flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0 && InodeOf(fd) != 0) Uncovered("mmap");
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, size, protection, flags, fd, offset));
}
ssize_t copy_file_range(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size, unsigned flags) {
  if (InodeOf(out) != 0) Uncovered("copy_file_range");
  return syscall(SYS_copy_file_range, in, in_offset, out, out_offset, size, flags);
}
FILE* fopen(const char* path, const char* mode) {
  static const auto next = reinterpret_cast<FILE* (*)(const char*, const char*)>(dlsym(RTLD_NEXT, "fopen"));
  if (IsAtOrBelowRoot(path) && strpbrk(mode, "wa+") != nullptr) Uncovered("fopen");
  return next(path, mode);
}

}  // extern "C"
