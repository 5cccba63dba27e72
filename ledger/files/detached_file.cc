// The thread and its user share one block of memory, which lives until both have let go of it. The thread uses nothing
// else of the daemon, so it can be left behind in a call that hangs, and it ends by itself when the call returns.
#include "ledger/files/detached_file.h"

#include <utility>

#include "ledger/base/mutex.h"
#include "ledger/base/thread_name.h"

namespace envledger {

struct DetachedFile::Shared {
  Shared(std::string file_path, FileCalls file_calls) : path(std::move(file_path)), calls(std::move(file_calls)) {}

  const std::string path;
  const FileCalls calls;

  Mutex mutex;
  CondVar changed;
  bool begun GUARDED_BY(mutex) = false;  // a call is requested or under way
  Call call GUARDED_BY(mutex);           // the requested call
  std::optional<Call> returned GUARDED_BY(mutex);
  bool stopping GUARDED_BY(mutex) = false;
};

DetachedFile::DetachedFile(std::string path, FileCalls calls)
    : shared_(std::make_shared<Shared>(std::move(path), std::move(calls))),
      thread_([shared = shared_] { Run(shared); }) {}

DetachedFile::~DetachedFile() {
  bool hangs = false;
  {
    const MutexLock lock(shared_->mutex);
    shared_->stopping = true;
    hangs = shared_->begun;
  }
  shared_->changed.NotifyAll();
  if (hangs) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

bool DetachedFile::free() const {
  const MutexLock lock(shared_->mutex);
  return !shared_->begun && !shared_->returned;
}

void DetachedFile::BeginRead() { Begin({.write = false, .contents = {}, .status = {}}); }

void DetachedFile::BeginWrite(std::string contents) {
  Begin({.write = true, .contents = std::move(contents), .status = {}});
}

void DetachedFile::Begin(Call call) {
  {
    const MutexLock lock(shared_->mutex);
    shared_->call = std::move(call);
    shared_->begun = true;
  }
  shared_->changed.NotifyAll();
}

std::optional<DetachedFile::Call> DetachedFile::Take(Deadline deadline) {
  const MutexLock lock(shared_->mutex);
  while (!shared_->returned && shared_->changed.WaitUntil(shared_->mutex, deadline)) {
  }
  return std::exchange(shared_->returned, std::nullopt);
}

void DetachedFile::Run(const std::shared_ptr<Shared>& shared) {
  NameThisThread("checkpoint-copy");
  for (;;) {
    Call call;
    {
      const MutexLock lock(shared->mutex);
      while (!shared->begun && !shared->stopping) shared->changed.Wait(shared->mutex);
      if (shared->stopping) return;
      call = shared->call;
    }
    if (call.write) {
      call.status = shared->calls.write(shared->path, call.contents);
    } else {
      auto contents = shared->calls.read(shared->path);
      call.status = contents.status();
      if (contents.ok()) call.contents = *std::move(contents);
    }
    {
      const MutexLock lock(shared->mutex);
      shared->begun = false;
      shared->returned = std::move(call);
    }
    shared->changed.NotifyAll();
  }
}

}  // namespace envledger
