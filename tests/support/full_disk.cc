#include "tests/support/full_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <string>
#include <utility>

namespace envledger {

struct FullDisk::State {
  std::atomic<bool> full = false;
  std::atomic<Leaves> leaves = Leaves::kNothing;
  std::atomic<int> refused = 0;
};

namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

template <typename State>
class FileOnFullDisk : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FileOnFullDisk(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::shared_ptr<State> state)
      : FSWritableFileOwnerWrapper(std::move(file)), state_(std::move(state)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (!state_->full) return FSWritableFileOwnerWrapper::Append(data, options, debug);
    ++state_->refused;
    using Leaves = decltype(state_->leaves.load());
    const Leaves leaves = state_->leaves;
    const size_t size = leaves == Leaves::kNothing ? 0 : leaves == Leaves::kHalf ? data.size() / 2 : data.size();
    FSWritableFileOwnerWrapper::Append(Slice(data.data(), size), options, debug).PermitUncheckedError();
    return IOStatus::NoSpace("While appending to file");
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }

 private:
  const std::shared_ptr<State> state_;
};

template <typename State>
class FullFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FullFileSystem(std::shared_ptr<State> state)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), state_(std::move(state)) {}
  const char* Name() const override { return "FullFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    if (state_->full) {
      ++state_->refused;
      return IOStatus::NoSpace("While open a file for appending");
    }
    const IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (status.ok()) *file = std::make_unique<FileOnFullDisk<State>>(std::move(*file), state_);
    return status;
  }

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace

FullDisk::FullDisk()
    : state_(std::make_shared<State>()),
      env_(rocksdb::NewCompositeEnv(std::make_shared<FullFileSystem<State>>(state_))) {}
FullDisk::~FullDisk() = default;
rocksdb::Env* FullDisk::env() { return env_.get(); }

void FullDisk::Fill(Leaves leaves) {
  state_->leaves = leaves;
  state_->full = true;
}

void FullDisk::Free() { state_->full = false; }

int FullDisk::refused() const { return state_->refused; }

}  // namespace envledger
