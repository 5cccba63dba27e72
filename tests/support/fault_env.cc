#include "tests/support/fault_env.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

namespace envledger {

struct FaultEnv::State {
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::optional<LogFault> fault;
  int skip = 0;
  bool broken = false;
  bool held = false;
  int waiting = 0;

  // Whether the fault happens at this operation. Later operations are refused by `broken`.
  std::optional<LogFault> Strike(bool sync) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (!fault || broken) return std::nullopt;
    const bool of_sync = *fault == LogFault::kSyncLost || *fault == LogFault::kSyncPersisted;
    if (of_sync != sync || skip-- > 0) return std::nullopt;
    broken = true;
    return fault;
  }
  bool Broken() const {
    const std::lock_guard<std::mutex> lock(mutex);
    return broken;
  }
  void WaitAtGate() {
    std::unique_lock<std::mutex> lock(mutex);
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [this] { return !held; });
    --waiting;
  }
};

namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus Dead() { return IOStatus::IOError("injected fault"); }

template <typename State>
class WalFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WalFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::shared_ptr<State> state)
      : FSWritableFileOwnerWrapper(std::move(file)), state_(std::move(state)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (const auto fault = state_->Strike(false)) {
      if (*fault == LogFault::kWriteTorn) {
        const Slice half(data.data(), data.size() / 2);
        FSWritableFileOwnerWrapper::Append(half, options, debug).PermitUncheckedError();
      }
      return Dead();
    }
    if (state_->Broken()) return Dead();
    const IOStatus status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (status.ok()) written_ += data.size();
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    state_->WaitAtGate();
    if (const auto fault = state_->Strike(true)) {
      if (*fault == LogFault::kSyncPersisted) {
        FSWritableFileOwnerWrapper::Sync(options, debug).PermitUncheckedError();
      } else {
        FSWritableFileOwnerWrapper::Truncate(synced_, options, debug).PermitUncheckedError();
      }
      return Dead();
    }
    if (state_->Broken()) return Dead();
    const IOStatus status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) synced_ = written_;
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  const std::shared_ptr<State> state_;
  uint64_t written_ = 0;
  uint64_t synced_ = 0;
};

template <typename State>
class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(std::shared_ptr<State> state)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), state_(std::move(state)) {}
  const char* Name() const override { return "FaultFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewWritableFile(name, options, file, debug);
    if (status.ok() && name.ends_with(".log")) *file = std::make_unique<WalFile<State>>(std::move(*file), state_);
    return status;
  }

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace

FaultEnv::FaultEnv()
    : state_(std::make_shared<State>()),
      env_(rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem<State>>(state_))) {}
FaultEnv::~FaultEnv() = default;
rocksdb::Env* FaultEnv::env() { return env_.get(); }

void FaultEnv::Fail(LogFault fault, int skip) {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->fault = fault;
  state_->skip = skip;
}

bool FaultEnv::failed() const { return state_->Broken(); }

void FaultEnv::Hold() {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->held = true;
}

void FaultEnv::Release() {
  const std::lock_guard<std::mutex> lock(state_->mutex);
  state_->held = false;
  state_->changed.notify_all();
}

void FaultEnv::WaitUntilHeld() {
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->held && state_->waiting > 0; });
}

}  // namespace envledger
