// The audit socket's requests, answered on a few threads of their own so that a long answer never holds up the sockets.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "ledger/api/answer.h"
#include "ledger/api/followers.h"
#include "ledger/base/worker_pool.h"
#include "ledger/protocol/message.h"
#include "ledger/query/view.h"
#include "ledger/service/ledger.h"

namespace envledger {

struct AuditApiOptions {
  unsigned workers = 2;
  AnswerLimits limits;
  // Each answer is sealed in the ledger (query_record.h) before it is sent, and refused as unavailable when it cannot
  // be.
  bool audit_queries = false;
  size_t max_followers = 256;                  // that wait at a time
  std::chrono::milliseconds max_wait{30'000};  // of a follow request
};

// Whether whoever asked still waits for the answer. Callable from any thread; an empty function: it does.
struct Interest {
  std::function<bool()> gone;
  // Calls `tell` once when that comes true, here and now or on any thread: it must not block.
  std::function<void(std::function<void()> tell)> when_gone;
};

// Thread-safe. The ledger is not owned.
class AuditApi {
 public:
  // `more_gauges` adds what the ledger does not know of to the answer to a status request (connections, memory). While
  // `busy` says that many answers wait to be read, answers come in small pages: unlike requests, answers cannot be kept
  // out of memory by not reading them.
  AuditApi(Ledger& ledger, const AuditApiOptions& options, std::function<std::vector<Gauge>()> more_gauges,
           std::function<bool()> busy);
  ~AuditApi();

  // Does not block. `peer`: who asks, as the kernel vouches for it. Nobody who is gone is answered: `send` is dropped
  // then, by one who follows the ledger at once.
  void Handle(std::shared_ptr<const Recorder> peer, std::string frame, SendFrame send, Interest interest = {});
  // Answers those who wait for new entries, and lets nobody wait from now on: to be called before connections are
  // drained.
  void ReleaseFollowers() { followers_.Release(); }

 private:
  struct Question;
  void Follow(const std::shared_ptr<const Question>& question, const FollowRequest& follow);
  void AnswerNow(const Recorder& peer, const Request& request, const SendFrame& send);
  ResponseBody Answer(const RequestBody& request);

  struct Reader;

  Ledger& ledger_;
  const AuditApiOptions options_;
  const std::function<std::vector<Gauge>()> more_gauges_;
  const std::function<bool()> busy_;
  Followers followers_;
  WorkerPool workers_;  // last: its tasks use the rest
};

}  // namespace envledger
