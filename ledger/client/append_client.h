// The C++ client for backends: appends transitions through the append socket, with pipelining and safe retries.
//
//   auto client = AppendClient::Create({.socket_path = "/run/envledger/append.sock"});
//   auto acknowledgment = client->Append(transition).get();   // durable when ok()
//
// A retry is safe: the ledger answers a transition whose bytes it already has with the first acknowledgment. The client
// therefore sends unanswered requests again after a broken connection. It reports kUnknownOutcome only when the
// deadline passes after something was sent, or when the ledger itself does.
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
  std::chrono::milliseconds deadline{10000};  // for each append, from the call to the answer, including retries
  std::chrono::milliseconds retry_delay{20};  // before the second attempt to connect; doubles, up to max_retry_delay
  std::chrono::milliseconds max_retry_delay{1000};
  size_t max_inflight_requests = 64;   // requests sent and not answered
  size_t max_queued_bytes = 16 << 20;  // of all unanswered requests; beyond it, Append blocks until its deadline
};

// One transition in binary form (EncodeTransition), and the revision that it must get.
struct AppendRecord {
  std::string transition;
  std::optional<uint64_t> expected_revision;
};

// Thread-safe. Callbacks run on the client's own thread; they must not block it, call Flush or destroy the client. They
// may append, but an append that would have to wait for room is then answered with kUnavailable at once.
class AppendClient {
 public:
  using Callback = std::function<void(Result<std::vector<Acknowledgment>>, const ErrorInfo*)>;

  // Connects on the first append, and again whenever needed, so a missing daemon is not an error here. Throws
  // std::system_error when the process cannot start another thread.
  static std::unique_ptr<AppendClient> Create(AppendClientOptions options);
  // Answers waiting requests with kUnavailable (not sent) or kUnknownOutcome (sent).
  ~AppendClient();

  // Encodes, checks and appends one transition. The result is the acknowledgment, the ledger's refusal, kUnavailable or
  // kUnknownOutcome.
  std::future<Result<Acknowledgment>> Append(const Transition& transition,
                                             std::optional<uint64_t> expected_revision = std::nullopt);
  // Appends all records, with consecutive seqs, or none of them.
  std::future<Result<std::vector<Acknowledgment>>> AppendBatch(const std::vector<AppendRecord>& records);
  // As AppendBatch. On a refusal, the second argument of the callback names the item, stage and revision; otherwise it
  // is null.
  void AppendBatchAsync(const std::vector<AppendRecord>& records, Callback done);

  // Waits until everything appended so far is answered.
  void Flush();

 private:
  class Impl;
  explicit AppendClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace envledger
