// Handles the requests of the audit socket on threads of its own, in lanes: see audit_api.cc.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "ledger/api/allowance.h"
#include "ledger/api/answer.h"
#include "ledger/api/followers.h"
#include "ledger/api/shared_page.h"
#include "ledger/base/worker_pool.h"
#include "ledger/protocol/message.h"
#include "ledger/query/view.h"
#include "ledger/service/ledger.h"

namespace envledger {

struct AuditApiOptions {
  unsigned workers = 2;
  AnswerLimits limits = {};
  // Before an answer is sent, an event about it is sealed in the ledger (query_record.h). If that fails, the request is
  // refused with kUnavailable.
  bool audit_queries = false;
  // So many of these events are sealed for one user in a second, in the long run. After a burst of kRecordedBurst times
  // as many, the user's next requests wait.
  uint64_t recorded_per_second = 50;
  size_t max_followers = 256;                  // clients that may wait at the same time
  std::chrono::milliseconds max_wait{30'000};  // longest wait of a follow request
  // While the answers that are made but not yet read exceed half of this, further ones are small (kSmallAnswerBytes).
  // Unlike requests, answers cannot be kept out of memory by not reading from the socket, and no client is turned away.
  uint64_t max_unread_bytes = 64 << 20;
};

// The limit on the entries in a small answer. An answer can reach at most twice this limit plus the largest entry.
inline constexpr uint64_t kSmallAnswerBytes = 32 << 10;

inline constexpr uint64_t kRecordedBurst = 10;

// Tells whether the client still waits for the answer. Callable from any thread; an empty function means that it does.
struct Interest {
  std::function<bool()> gone;
  // Calls `tell` once when the client is gone, during this call or later on any thread. `tell` must not block.
  std::function<void(std::function<void()> tell)> when_gone;
};

// Thread-safe. The ledger is not owned.
class AuditApi {
 public:
  // `more_gauges` adds gauges that the ledger does not know (connections, memory) to a status answer. `unread_bytes`
  // gives the size of the answers that were sent but not read by their peers yet; answers not sent yet are counted
  // here.
  AuditApi(Ledger& ledger, const AuditApiOptions& options, std::function<std::vector<Gauge>()> more_gauges,
           std::function<uint64_t()> unread_bytes);
  ~AuditApi();

  // Does not block. `peer` is the client as the kernel identifies it. A client that is gone gets no answer: `send` is
  // dropped, at once if the request was following the ledger.
  void Handle(std::shared_ptr<const Recorder> peer, std::string frame, SendFrame send, Interest interest = {});
  // Answers all clients that wait for new entries, and lets none wait from now on. Call it before connections are
  // drained.
  void ReleaseFollowers() { followers_.Release(); }

 private:
  struct Question;
  struct Lane;
  struct Reader;
  void Begin(std::shared_ptr<const Recorder> peer, const std::string& frame, SendFrame send, Interest interest);
  void Follow(const std::shared_ptr<const Question>& question, const FollowRequest& follow);
  // Answers it in its lane, if its client still waits then.
  void Submit(const std::shared_ptr<const Question>& question);
  void AnswerNow(const Question& question);
  ResponseBody Answer(const Question& question);
  AnswerLimits LimitsNow() const;
  EncodeFrame Counted(std::string frame) const;
  void CountRecorded(uid_t user);

  Ledger& ledger_;
  const AuditApiOptions options_;
  const std::function<std::vector<Gauge>()> more_gauges_;
  const std::function<uint64_t()> unread_bytes_;
  // The size of finished frames that no connection has taken yet, because they wait for their event to be durable or
  // for the sockets' thread. Shared with these frames, which may outlive this object.
  const std::shared_ptr<std::atomic<uint64_t>> unsent_bytes_;
  Followers followers_;
  SharedPage followed_;
  Allowance recorded_;
  // Last: their tasks use the rest. Those of workers_ may also use the other lanes.
  WorkerPool quick_;
  WorkerPool signing_;
  WorkerPool scans_;
  WorkerPool workers_;
};

}  // namespace envledger
