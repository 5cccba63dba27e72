// Handles the requests of the append socket: decodes and checks a frame, passes it to the ledger, and turns the result
// into a frame.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>

#include "ledger/api/answer.h"
#include "ledger/base/mutex.h"
#include "ledger/base/status.h"
#include "ledger/base/worker_pool.h"
#include "ledger/codec/entry.h"
#include "ledger/service/ledger.h"

namespace envledger {

struct AppendApiOptions {
  size_t max_batch_items = 1024;  // transitions in one request
  unsigned workers = 2;           // threads that check large requests
};

// Thread-safe. The ledger is not owned.
class AppendApi {
 public:
  // A larger frame is checked by a worker: it may take milliseconds, and the caller has other connections to serve.
  static constexpr size_t kQuickFrameBytes = 64 << 10;

  // One connection. Its requests reach the ledger in their order; large ones of different connections take turns.
  class Producer;

  AppendApi(Ledger& ledger, const AppendApiOptions& options);

  std::shared_ptr<Producer> Connect(std::shared_ptr<const Recorder> recorder) const;
  // Does not block: requests that wait for a worker or for the disk are answered later. Every refusal is counted for
  // the producer's recorder. REQUIRES: one call at a time for each producer. The caller limits how many bytes wait.
  void Handle(const std::shared_ptr<Producer>& producer, std::string frame, SendFrame send);

 private:
  struct Call;
  void HandleNow(const std::shared_ptr<const Recorder>& recorder, std::string frame, const SendFrame& send);
  void HandleNext(const std::shared_ptr<Producer>& producer);
  // Sends the refusal and counts it.
  void Refuse(const Call& call, Status status, int32_t item = -1);
  void Append(const Call& call, AppendRequest request);

  Ledger& ledger_;
  const AppendApiOptions options_;
  WorkerPool workers_;  // last: its tasks use the rest
};

class AppendApi::Producer {
 public:
  explicit Producer(std::shared_ptr<const Recorder> recorder) : recorder_(std::move(recorder)) {}

 private:
  friend class AppendApi;
  struct Waiting {
    std::string frame;
    SendFrame send;
  };

  const std::shared_ptr<const Recorder> recorder_;
  Mutex mutex_;
  std::deque<Waiting> waiting_ GUARDED_BY(mutex_);
  bool at_workers_ GUARDED_BY(mutex_) = false;  // a worker handles a request of this producer, or will
};

}  // namespace envledger
