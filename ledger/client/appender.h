// Sends a stream of transitions in batches, several on their way at once, and finds the record that a refused batch is
// refused for.
//
// Two batches that hold records of one envelope are never on their way together: a refusal of the first could otherwise
// let the second in before it, and the ledger's order is the order. Everything else is pipelined. A batch that has to
// wait for another takes more lines meanwhile, so that a slow disk makes larger batches and not a slow reader. Results
// come out in the order of the lines.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/base/status.h"
#include "ledger/client/append_client.h"

namespace envledger {

// Sends one batch; the callback comes later, from any thread. As AppendClient::AppendBatchAsync.
using SendBatch = std::function<void(std::vector<AppendRecord>, AppendClient::Callback)>;

struct AppendLine {
  uint64_t number = 0;
  std::string envelope_id;
  AppendRecord record;
};

struct AppendLimits {
  size_t batch_records = 256;  // enough to be sent
  size_t batch_bytes = 256 * 1024;
  size_t most_batch_records = 1024;  // while it has to wait; what a daemon takes at once by default
  size_t most_batch_bytes = 1 << 20;
  size_t batches_in_flight = 16;
};

// What becomes of the lines, in their order (of those that are stored; refusals come when they are known).
struct AppendEvents {
  std::function<void(const AppendLine&, const Acknowledgment&)> acknowledged;
  std::function<void(const AppendLine&, const Status&, const ErrorInfo*)> refused;
};

// Used by one thread.
class Appender {
 public:
  // With `keep_going` a refused record is left out and the rest goes on; without it nothing is sent after a refusal.
  Appender(SendBatch send, AppendLimits limits, bool keep_going, AppendEvents events);
  ~Appender();  // REQUIRES: nothing is on its way (Finish was called)
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  // Takes one more line. Waits while too much is on its way.
  void Add(AppendLine line);
  // Sends what was added and not sent yet.
  void Flush();
  // Flush, and waits until everything is answered.
  void Finish();

  // Whether lines are no longer sent: after a refusal without keep_going, or after a failure.
  bool stopped() const { return stopped_; }
  // Why the ledger could not answer; ok when it always did. Refusals of records are no failure.
  const Status& failure() const { return failure_; }
  uint64_t acknowledged() const { return acknowledged_; }
  uint64_t refused() const { return refused_; }
  // Lines that were neither: added before the stop, not stored as far as anybody knows.
  uint64_t abandoned() const { return abandoned_; }

 private:
  struct Answer;
  struct Batch {
    std::vector<AppendLine> lines;
    std::shared_ptr<Answer> answer;
  };

  static std::shared_ptr<Answer> Send(const SendBatch& send, const std::vector<AppendLine>& lines, size_t from,
                                      size_t to);
  bool HasRoomToWait() const;
  bool MustWait() const;
  void SettleFront();
  void SettleRefused(const std::vector<AppendLine>& lines, const Answer& answer);
  void Acknowledge(const std::vector<AppendLine>& lines, size_t from, const Answer& answer);
  void TakeApart(const std::vector<AppendLine>& lines, const Answer& first_answer);
  void Refuse(const AppendLine& line, const Answer& answer);
  void Fail(const Status& failure, size_t lines);

  const SendBatch send_;
  const AppendLimits limits_;
  const bool keep_going_;
  const AppendEvents events_;
  std::vector<AppendLine> pending_;
  size_t pending_bytes_ = 0;
  bool waiting_ = false;  // the pending batch is large enough, and had to wait when that was last looked at
  std::deque<Batch> in_flight_;
  std::unordered_map<std::string, size_t> envelopes_in_flight_;  // in how many lines
  bool stopped_ = false;
  Status failure_;
  uint64_t acknowledged_ = 0;
  uint64_t refused_ = 0;
  uint64_t abandoned_ = 0;
};

}  // namespace envledger
