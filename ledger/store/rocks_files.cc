#include "ledger/store/rocks_files.h"

#include <fcntl.h>
#include <rocksdb/file_system.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "ledger/files/file.h"

namespace envledger::rocks {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr mode_t kMode = 0644;

// As RocksDB's own files report it, which decides what it does about it.
IOStatus Failure(int error, const std::string& what) {
  const std::string why = std::generic_category().message(error);
  if (error == ENOENT) return IOStatus::PathNotFound(what, why);
  if (error != ENOSPC) return IOStatus::IOError(what, why);
  IOStatus full = IOStatus::NoSpace(what, why);
  full.SetRetryable(true);
  return full;
}

class WrittenFile : public rocksdb::FSWritableFile {
 public:
  WrittenFile(std::string path, UniqueFd fd, uint64_t size, const FileOptions& options)
      : FSWritableFile(options), path_(std::move(path)), fd_(std::move(fd)), size_(size) {}

  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    for (size_t done = 0; done < data.size();) {
      const ssize_t count = Uninterrupted([&] { return write(fd_.get(), data.data() + done, data.size() - done); });
      if (count < 0) return Failure(errno, "write " + path_);
      done += static_cast<size_t>(count);
      size_ += static_cast<uint64_t>(count);
    }
    return IOStatus::OK();
  }
  using FSWritableFile::Append;

  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    if (Uninterrupted([&] { return ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return Failure(errno, "truncate " + path_);
    }
    size_ = size;
    return IOStatus::OK();
  }

  IOStatus Close(const IOOptions&, IODebugContext*) override {
    GiveBackReserved();
    const int fd = fd_.release();
    // The descriptor is gone even if close is interrupted.
    return close(fd) == 0 || errno == EINTR ? IOStatus::OK() : Failure(errno, "close " + path_);
  }

  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }  // nothing is buffered here

  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return Settle("fdatasync", [this] { return fdatasync(fd_.get()); });
  }
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return Settle("fsync", [this] { return fsync(fd_.get()); });
  }
  bool IsSyncThreadSafe() const override { return true; }

  IOStatus RangeSync(uint64_t offset, uint64_t size, const IOOptions&, IODebugContext*) override {
    const auto begin = [&] {
      return sync_file_range(fd_.get(), static_cast<off64_t>(offset), static_cast<off64_t>(size),
                             SYNC_FILE_RANGE_WRITE);
    };
    // Kernels and file systems without the call say so.
    if (Uninterrupted(begin) != 0 && errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM) unsettled_ = errno;
    return IOStatus::OK();
  }

  IOStatus Allocate(uint64_t offset, uint64_t size, const IOOptions&, IODebugContext*) override {
    if (fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset), static_cast<off_t>(size)) != 0) {
      return Failure(errno, "reserve space for " + path_);  // which RocksDB ignores
    }
    return IOStatus::OK();
  }

  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return size_; }

  IOStatus InvalidateCache(size_t offset, size_t size) override {
    posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(size), POSIX_FADV_DONTNEED);
    return IOStatus::OK();
  }

 private:
  template <typename Call>
  IOStatus Settle(const char* name, const Call& call) {
    if (unsettled_ == 0 && Uninterrupted(call) != 0) unsettled_ = errno;
    const int error = unsettled_;
    return error == 0 ? IOStatus::OK() : Failure(error, std::string(name) + " " + path_);
  }

  // Space that was reserved behind the end. If this fails, it stays reserved.
  void GiveBackReserved() {
    size_t block = 0;
    size_t blocks = 0;
    GetPreallocationStatus(&block, &blocks);
    const uint64_t reserved = uint64_t{block} * blocks;
    if (reserved <= size_) return;
    const auto size = static_cast<off_t>(size_);
    struct stat info {};
    if (Uninterrupted([&] { return ftruncate(fd_.get(), size); }) != 0 || fstat(fd_.get(), &info) != 0) return;
    constexpr off_t kUnit = 512;  // of st_blocks
    if (info.st_blocks * kUnit < size + info.st_blksize) return;
    // A file system on which only this gives it back.
    fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, size, static_cast<off_t>(reserved) - size);
  }

  const std::string path_;
  UniqueFd fd_;
  uint64_t size_;
  std::atomic<int> unsettled_ = 0;  // the errno of the first sync that failed
};

class OpenDirectory : public rocksdb::FSDirectory {
 public:
  OpenDirectory(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    if (Uninterrupted([this] { return fsync(fd_.get()); }) != 0) return Failure(errno, "fsync " + path_);
    return IOStatus::OK();
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override {
    return close(fd_.release()) == 0 ? IOStatus::OK() : Failure(errno, "close " + path_);
  }

 private:
  const std::string path_;
  UniqueFd fd_;
};

// RocksDB opens CURRENT so only to find out whether the file system allows direct I/O, which is not used here, and takes
// every error for a no. The contents are read in sequence.
class NeverRead : public rocksdb::FSRandomAccessFile {
 public:
  IOStatus Read(uint64_t, size_t, const IOOptions&, Slice*, char*, IODebugContext*) const override {
    return IOStatus::NotSupported("read CURRENT at random");
  }
};

bool IsCurrent(const std::string& path) { return path.substr(path.rfind('/') + 1) == "CURRENT"; }

class Files : public rocksdb::FileSystemWrapper {
 public:
  Files() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "envledger.Files"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions& options,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file, IODebugContext* debug) override {
    const IOStatus regular = CheckRegular(path);
    return regular.ok() ? FileSystemWrapper::NewSequentialFile(path, options, file, debug) : regular;
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file, IODebugContext* debug) override {
    if (IsCurrent(path)) {
      *file = std::make_unique<NeverRead>();
      return IOStatus::OK();
    }
    // RocksDB tries an ancient ending for a table that it does not find, and would then name a file that never was.
    constexpr std::string_view kAncient = ".ldb";
    const bool ancient = std::string_view(path).ends_with(kAncient);
    const std::string table = ancient ? path.substr(0, path.size() - kAncient.size()) + ".sst" : path;
    const IOStatus regular = CheckRegular(table);
    return regular.ok() ? FileSystemWrapper::NewRandomAccessFile(table, options, file, debug) : regular;
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext*) override {
    return Open(path, O_TRUNC, options, *file);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext*) override {
    return Open(path, O_APPEND, options, *file);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&, std::unique_ptr<rocksdb::FSDirectory>* directory,
                        IODebugContext*) override {
    UniqueFd fd(Uninterrupted([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!fd.valid()) return Failure(errno, "open " + path);
    *directory = std::make_unique<OpenDirectory>(path, std::move(fd));
    return IOStatus::OK();
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    if (IsCurrent(to)) {
      std::unique_ptr<rocksdb::FSDirectory> directory;
      IOStatus synced = NewDirectory(DirectoryOf(to), options, &directory, debug);
      if (synced.ok()) synced = directory->Fsync(options, debug);
      if (!synced.ok()) return synced;
    }
    return FileSystemWrapper::RenameFile(from, to, options, debug);
  }

 private:
  // Something else in the place of a file is as bad as no file, and a FIFO would be waited for. What is wrong with a
  // path that cannot be looked at, the call that opens it says.
  static IOStatus CheckRegular(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) return IOStatus::OK();
    return IOStatus::PathNotFound(path, "not a regular file");
  }
  static IOStatus Open(const std::string& path, int flag, const FileOptions& options,
                       std::unique_ptr<rocksdb::FSWritableFile>& file) {
    file.reset();
    UniqueFd fd(Uninterrupted([&] { return open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flag, kMode); }));
    struct stat info {};
    if (!fd.valid() || fstat(fd.get(), &info) != 0) return Failure(errno, "open " + path);
    file = std::make_unique<WrittenFile>(path, std::move(fd), static_cast<uint64_t>(info.st_size), options);
    return IOStatus::OK();
  }
};

}  // namespace

rocksdb::Env* FilesEnv() {
  static rocksdb::Env& env = *rocksdb::NewCompositeEnv(std::make_shared<Files>()).release();
  return &env;
}

}  // namespace envledger::rocks
