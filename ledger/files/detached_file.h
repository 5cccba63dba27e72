// A small file in a directory that may hang, such as a network share whose server is gone. A call there may return late
// or never, and the thread that made it cannot be interrupted.
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

// Reads and writes the file on a thread of its own, one call at a time. For one user at a time.
class DetachedFile {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  struct Call {
    bool write = false;
    std::string contents;  // to write, or what was read
    Status status;         // the result
  };

  DetachedFile(std::string path, FileCalls calls);
  // Does not wait. A call that hangs keeps its thread and the memory that the thread needs, and nobody learns what it
  // did to the file in the end.
  ~DetachedFile();
  DetachedFile(const DetachedFile&) = delete;
  DetachedFile& operator=(const DetachedFile&) = delete;

  // Whether a call can begin: none is under way, and the result of the last one was taken.
  bool free() const;
  // REQUIRES: free().
  void BeginRead();
  void BeginWrite(std::string contents);
  // Waits until the call returns, but no longer than `deadline`, and takes its result. Returns nothing when the call is
  // still under way. REQUIRES: a call was begun and its result was not taken.
  std::optional<Call> Take(Deadline deadline);

 private:
  struct Shared;
  void Begin(Call call);
  static void Run(const std::shared_ptr<Shared>& shared);

  const std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace envledger
