// A small file in a directory that may hang, such as a share whose server is gone: a call there returns late or never,
// and whoever made it can neither give up nor be ended.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "ledger/base/status.h"

namespace envledger {

// The calls that may hang. Thread-safe.
struct FileCalls {
  std::function<Result<std::string>(const std::string& path)> read;
  std::function<Status(const std::string& path, const std::string& contents)> write;
};

// Read and written on a thread of its own, one call at a time. For one user at a time.
class DetachedFile {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  struct Call {
    bool write = false;
    std::string contents;  // that it writes, or has read
    Status status;         // what it returned
  };

  DetachedFile(std::string path, FileCalls calls);
  // Waits for nothing: a call that hangs keeps its thread and what that thread needs, and whatever it does to the file
  // in the end is not heard of.
  ~DetachedFile();
  DetachedFile(const DetachedFile&) = delete;
  DetachedFile& operator=(const DetachedFile&) = delete;

  // Whether a call can be begun: none is under way, and what the last one returned was taken.
  bool free() const;
  // REQUIRES: free().
  void BeginRead();
  void BeginWrite(std::string contents);
  // Takes what the call returned, once it has, at the latest at `deadline`. Nothing: it goes on. REQUIRES: a call was
  // begun, and what it returned was not taken.
  std::optional<Call> Take(Deadline deadline);

 private:
  struct Shared;
  void Begin(Call call);
  static void Run(const std::shared_ptr<Shared>& shared);

  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace envledger
