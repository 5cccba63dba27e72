// The C++ client of backends: appends transitions through the append socket, pipelined, with safe retries.
//
//   auto client = AppendClient::Create({.socket_path = "/run/envledger/append.sock"});
//   auto acknowledgment = client->Append(transition).get();   // durable when ok()
//
// A retry is safe because a transition whose bytes the ledger already has is answered with its first acknowledgment. So
// the client sends again what was unanswered when a connection broke, and reports kUnknownOutcome only when the
// deadline passes after something was sent, or when the ledger itself says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/codec/model.h"
#include "ledger/protocol/message.h"

namespace envledger {

struct AppendClientOptions {
  std::string socket_path = "/run/envledger/append.sock";
  std::chrono::milliseconds deadline{10000};  // of each append, from the call to the answer, retries included
  std::chrono::milliseconds retry_delay{20};  // before the second attempt to connect; doubles up to max_retry_delay
  std::chrono::milliseconds max_retry_delay{1000};
  size_t max_inflight_requests = 64;   // sent and unanswered
  size_t max_queued_bytes = 16 << 20;  // not yet answered, in all; Append blocks above it until its deadline
};

// One transition in binary form (EncodeTransition) and the revision it is to have.
struct AppendRecord {
  std::string transition;
  std::optional<uint64_t> expected_revision;
};

// Thread-safe. Callbacks run on the client's own thread and must not block it, call Flush or destroy the client; they
// may append, but an append that would have to wait for room is then answered with kUnavailable at once.
class AppendClient {
 public:
  using Callback = std::function<void(Result<std::vector<Acknowledgment>>, const ErrorInfo*)>;

  // Connects when the first append comes, and again whenever needed, so a missing daemon is no error here. Throws
  // std::system_error where the process may not have another thread.
  static std::unique_ptr<AppendClient> Create(AppendClientOptions options);
  // Answers what is still waiting with kUnavailable (not sent) or kUnknownOutcome (sent).
  ~AppendClient();

  // Encodes, checks and appends one transition. Not ok: the ledger's refusal, or kUnavailable / kUnknownOutcome.
  std::future<Result<Acknowledgment>> Append(const Transition& transition,
                                             std::optional<uint64_t> expected_revision = std::nullopt);
  // All or none, with consecutive seqs.
  std::future<Result<std::vector<Acknowledgment>>> AppendBatch(std::vector<AppendRecord> records);
  // As AppendBatch; on a refusal the second argument of the callback tells the item, stage and revision, else it is
  // null.
  void AppendBatchAsync(std::vector<AppendRecord> records, Callback done);

  // Waits until everything appended so far is answered.
  void Flush();

 private:
  class Impl;
  explicit AppendClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
