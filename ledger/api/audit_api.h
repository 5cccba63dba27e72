// The audit socket's requests, answered on a few threads of their own so that a long answer never holds up the sockets.
#pragma once

#include <atomic>
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
  // While answers of more than half of this are made and not yet read, further ones are small (kSmallAnswerBytes). Unlike
  // requests, answers cannot be kept out of memory by not reading them, and nobody is turned away.
  uint64_t max_unread_bytes = 64 << 20;
};

// Of entries, what a small answer is made to hold. Two of its limits and the largest entry are the most that comes of it.
inline constexpr uint64_t kSmallAnswerBytes = 32 << 10;

// Whether whoever asked still waits for the answer. Callable from any thread; an empty function: it does.
struct Interest {
  std::function<bool()> gone;
  // Calls `tell` once when that comes true, here and now or on any thread: it must not block.
  std::function<void(std::function<void()> tell)> when_gone;
};

// Thread-safe. The ledger is not owned.
class AuditApi {
 public:
  // `more_gauges` adds what the ledger does not know of to the answer to a status request (connections, memory).
  // `unread_bytes`: of answers that were sent and that their peers have not read. Those on their way are counted here.
  AuditApi(Ledger& ledger, const AuditApiOptions& options, std::function<std::vector<Gauge>()> more_gauges,
           std::function<uint64_t()> unread_bytes);
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
  AnswerLimits LimitsNow() const;
  EncodeFrame Counted(std::string frame) const;

  struct Reader;

  Ledger& ledger_;
  const AuditApiOptions options_;
  const std::function<std::vector<Gauge>()> more_gauges_;
  const std::function<uint64_t()> unread_bytes_;
  // Of frames that are made and that no connection has taken yet: they wait for their event to be durable, or for the
  // sockets' thread. Outlives this with them.
  const std::shared_ptr<std::atomic<uint64_t>> unsent_bytes_;
  Followers followers_;
  WorkerPool workers_;  // last: its tasks use the rest
};

}  // namespace envledger
